import type { Preprocessing } from '../image/index.ts';
import type { Logger } from '../log.ts';
import type { ModelFile } from '../model/index.ts';
import type { NetworkOptions } from '../nn/index.ts';
import type { StateDict, TakenWeights } from '../weights/index.ts';
import type { ProjectionOptions, ProjectionReport } from './projection/index.ts';
import type { QuantizationReport, QuantizeOptions } from './quantize/index.ts';
import type { SelfCheck } from './self-check.ts';
import type { StartOptions, StartReport } from './start/index.ts';

/** Options of `exportModel`. */
export interface ExportOptions {
  /** The name of a network, such as `resnet50`. */
  readonly architecture: string;
  /** The path of the weights (`.pth`, `.pt` or `.safetensors`), the name of those that ship (`imagenet-lite0`), or the tensors. */
  readonly weights: string | StateDict;
  /** The path of the `.onnx` file to write. */
  readonly out: string;
  /** The name of the model. Default: the name of `out` without its extension. */
  readonly name?: string | undefined;
  /** The side of the square that the network sees, in pixels from 32 to 4096. Default: the architecture's. */
  readonly size?: number | undefined;
  /** The short side before the centre crop, in pixels from 32 to 4096. Default: in the architecture's proportion to `size`. */
  readonly resize?: number | undefined;
  /** The preprocessing of pictures, instead of `size` and `resize`. */
  readonly preprocessing?: Preprocessing | undefined;
  /** A record of the training run for the model file: plain JSON data. */
  readonly training?: Readonly<Record<string, unknown>> | undefined;
  /** The network options that the weights were trained with. */
  readonly network?: NetworkOptions | undefined;
  /**
   * `logits` (or true) adds the classifier's outputs, `logits: float32[N,C]`, for a teacher of another run. `softmax` makes
   * their softmax, the probabilities of the C classes, the embedding in the place of the feature, for the metrics `weak` and
   * `weak-metric`. The weights must have `classifier.weight` and `classifier.bias`, as the last weights of a run do. Default
   * false.
   */
  readonly classifier?: boolean | 'logits' | 'softmax' | undefined;
  /** The divisor of the logits, before the softmax too: the temperature of the loss. Default 1. */
  readonly temperature?: number | undefined;
  /** True to store large weights as float16: half the file, the same speed, features within 1e-2 of their range. Default false. */
  readonly halfPrecisionWeights?: boolean | undefined;
  /** Encoded pictures (JPEG, PNG, ...) to compare the graphs on, in addition to the drawn ones. */
  readonly images?: readonly Uint8Array[] | undefined;
  /** Options of a model that computes on bytes: a quarter of the file, two to three times faster on CPUs with VNNI. */
  readonly int8?: QuantizeOptions | undefined;
  /** Options of a shorter feature: its principal components on some pictures, as one more matrix product. Not with `softmax`. */
  readonly projection?: ProjectionOptions | undefined;
  /** The network that training started from, whose feature is put beside the trained one. Not with `softmax`. Default: none. */
  readonly start?: StartOptions | undefined;
  readonly log?: Logger | undefined;
}

/** The result of `exportModel`. */
export interface ExportResult {
  readonly model: ModelFile;
  /** The place in the weights file that the network's parameters were taken from, and what was left out. */
  readonly taken: TakenWeights;
  readonly report: SelfCheck;
  /** A report on the projection; undefined if there is none. */
  readonly projection?: ProjectionReport | undefined;
  /** A report on the feature of the start; undefined if there is none. */
  readonly start?: StartReport | undefined;
  /** A report on the quantisation; undefined for a float model. */
  readonly quantization?: QuantizationReport | undefined;
}
