import type { Preprocessing } from '../image/index.ts';
import type { Logger } from '../log.ts';
import type { ModelFile } from '../model/index.ts';
import type { NetworkOptions } from '../nn/index.ts';
import type { StateDict } from '../weights/index.ts';
import type { ProjectionOptions, ProjectionReport } from './projection/index.ts';
import type { QuantizationReport, QuantizeOptions } from './quantize/index.ts';
import type { SelfCheck } from './self-check.ts';

/** What to export and how. */
export interface ExportOptions {
  /** One of `architectures` of `nn/`. */
  readonly architecture: string;
  /** Path of the weights (`.pth`, `.pt` or `.safetensors`), or the tensors themselves. */
  readonly weights: string | StateDict;
  /** Path of the `.onnx` file to write. */
  readonly out: string;
  /** Name of the model. Default: the name of `out` without its ending. */
  readonly name?: string | undefined;
  /** Side of the square that the network sees, in pixels. Default: the architecture's. */
  readonly size?: number | undefined;
  /** Short side before the centre crop, in pixels. Default: in the architecture's proportion to `size`. */
  readonly resize?: number | undefined;
  /** How pictures are brought to the network, instead of `size` and `resize`. */
  readonly preprocessing?: Preprocessing | undefined;
  /** What the model file says of the run that trained it: plain JSON data. */
  readonly training?: Readonly<Record<string, unknown>> | undefined;
  /** Options that the weights were trained with. */
  readonly network?: NetworkOptions | undefined;
  /**
   * Also give the classifier's outputs, `logits: float32[N,C]`: what a teacher of another run needs. The weights must
   * have `classifier.weight` and `classifier.bias`, as the last ones of a run have. Default false.
   */
  readonly classifier?: boolean | undefined;
  /** What those are divided by: the temperature of the loss. Default 1. */
  readonly temperature?: number | undefined;
  /** Store large weights as float16: half the file, the same speed, features within 1e-2 of their range. Default false. */
  readonly halfPrecisionWeights?: boolean | undefined;
  /** Encoded pictures (JPEG, PNG, ...) to compare the graphs on, besides the drawn ones that are always used. */
  readonly images?: readonly Uint8Array[] | undefined;
  /** Make a model that computes on bytes: a quarter of the file, two to three times as fast on CPUs with VNNI. */
  readonly int8?: QuantizeOptions | undefined;
  /** Make the feature shorter: principal components of its features of some pictures, as one more matrix product. */
  readonly projection?: ProjectionOptions | undefined;
  readonly log?: Logger | undefined;
}

/** What was written. */
export interface ExportResult {
  readonly model: ModelFile;
  readonly report: SelfCheck;
  /** What the projection keeps; undefined where there is none. */
  readonly projection?: ProjectionReport | undefined;
  /** What int8 lost; undefined of a float model. */
  readonly quantization?: QuantizationReport | undefined;
}
