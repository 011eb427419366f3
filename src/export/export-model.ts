import { basename, extname, resolve } from 'node:path';
import { SnapshelfError } from '../errors.ts';
import { GraphBuilder } from '../graph/index.ts';
import { type Preprocessing, preprocessImage } from '../image/index.ts';
import { type Logger, silentLogger } from '../log.ts';
import {
  type ModelFile,
  type ModelMetadata,
  metadataKey,
  readModelFile,
  serializeMetadata,
} from '../model/index.ts';
import {
  type Architecture,
  architectureOf,
  buildNetwork,
  imageInput,
  linearClassifier,
  type NetworkOptions,
} from '../nn/index.ts';
import { encodeModel, type ModelProto, setProperty } from '../onnx/index.ts';
import {
  fileHash,
  matchWeights,
  readWeights,
  type StateDict,
  writeFileAtomically,
} from '../weights/index.ts';
import { foldBatchNormalization } from './fold.ts';
import { storeWeightsAsHalf } from './half-precision.ts';
import { probeImages } from './probe-images.ts';
import {
  describeQuantization,
  type QuantizationReport,
  type QuantizeOptions,
  quantizeModel,
} from './quantize/index.ts';
import { type PictureBatch, type SelfCheck, selfCheck, tolerance } from './self-check.ts';

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
  /** Store large weights as float16: half the file, the same speed, features within 1e-2 of their range. Default false. */
  readonly halfPrecisionWeights?: boolean | undefined;
  /** Encoded pictures (JPEG, PNG, ...) to compare the graphs on, besides the drawn ones that are always used. */
  readonly images?: readonly Uint8Array[] | undefined;
  /** Make a model that computes on bytes: a quarter of the file, two to three times as fast on CPUs with VNNI. */
  readonly int8?: QuantizeOptions | undefined;
  readonly log?: Logger | undefined;
}

/** What was written. */
export interface ExportResult {
  readonly model: ModelFile;
  readonly report: SelfCheck;
  /** What int8 lost; undefined of a float model. */
  readonly quantization?: QuantizationReport | undefined;
}

interface Plan {
  readonly architecture: Architecture;
  readonly preprocessing: Preprocessing;
}

/** How many drawn pictures the graphs are compared on. */
const probes = 4;

function planOf(options: ExportOptions): Plan {
  const architecture = architectureOf(options.architecture);
  const { input } = architecture;
  const size = options.size ?? input.size;
  const resize = options.resize ?? Math.round((size * input.resize) / input.size);
  for (const [name, value] of Object.entries({ size, resize })) {
    if (!Number.isInteger(value) || value < 32 || value > 4096)
      throw new RangeError(`${name} must be a whole number of pixels from 32 to 4096, not ${value}`);
  }
  if (typeof options.weights === 'string' && resolve(options.out) === resolve(options.weights))
    throw new RangeError(`out is the weights file itself: ${options.out}`);
  if (options.int8 !== undefined && options.halfPrecisionWeights)
    throw new RangeError('weights are stored as int8 or as float16, not as both');
  return {
    architecture,
    preprocessing: options.preprocessing ?? {
      resize: { mode: 'short-side', size: resize, filter: input.filter },
      crop: { width: size, height: size },
    },
  };
}

/** The network around its own input, with batch normalisations as they were trained. */
async function unfoldedModel(
  options: ExportOptions,
  { architecture, preprocessing: { crop } }: Plan,
): Promise<{ model: ModelProto; dimension: number }> {
  const g = new GraphBuilder(options.architecture);
  const image = imageInput(g, crop.height, crop.width, architecture.input);
  const { feature, dimension } = buildNetwork(g, options.architecture, image, options.network);
  g.output(feature, 'embedding');
  const tensors = await tensorsOf(options.weights);
  if (options.classifier) g.output(linearClassifier(g, feature, classesOf(tensors)), 'logits');
  const weights = matchWeights(g.parameters, options.classifier ? tensors : withoutClassifier(tensors), {
    ignore: architecture.ignoredWeights,
  });
  return { model: g.build(weights), dimension };
}

/** How many classes the weights tell apart. */
function classesOf(tensors: StateDict): number {
  const classes = tensors.get('classifier.weight')?.dims[0];
  if (classes !== undefined) return classes;
  throw new SnapshelfError(
    'weights-mismatch',
    'The weights have no classifier: of a run, only the last ones have it (--which last).',
  );
}

/** What training adds to a network and a model does not need. */
const withoutClassifier = (tensors: StateDict): StateDict =>
  new Map([...tensors].filter(([name]) => !name.startsWith('classifier.')));

const tensorsOf = async (weights: string | StateDict): Promise<StateDict> =>
  typeof weights === 'string' ? readWeights(weights) : weights;

async function metadataOf(
  options: ExportOptions,
  plan: Plan,
  dimension: number,
  report: QuantizationReport | undefined,
): Promise<ModelMetadata> {
  const { int8 } = options;
  return {
    formatVersion: 1,
    name: options.name ?? basename(options.out, extname(options.out)),
    architecture: options.architecture,
    dimension,
    preprocessing: plan.preprocessing,
    ...(typeof options.weights === 'string' && { weightsSha256: await fileHash(options.weights) }),
    ...(options.training !== undefined && { training: options.training }),
    ...(int8 && report && { quantization: describeQuantization(int8, report) }),
    createdAt: new Date().toISOString(),
  };
}

function finish(unfolded: ModelProto, half: boolean): ModelProto {
  if (unfolded.graph === undefined) throw new TypeError('the model has no graph');
  const folded = foldBatchNormalization(unfolded.graph);
  return { ...unfolded, graph: half ? storeWeightsAsHalf(folded) : folded };
}

async function picturesFor(
  images: readonly Uint8Array[],
  preprocessing: Preprocessing,
): Promise<PictureBatch[]> {
  const { width, height } = preprocessing.crop;
  const own = images.map(async (bytes) => ({
    count: 1,
    height,
    width,
    data: await preprocessImage(bytes, preprocessing),
  }));
  return [probeImages(probes, height, width), ...(await Promise.all(own))];
}

/**
 * Turns weights into a self-sufficient model file: `uint8[N,H,W,3]` in, normalisation and layout inside the graph,
 * batch normalisation folded into convolutions, `float32[N,D]` out, metadata inside. Both graphs are run on the same
 * pictures first; the file appears only when they agree: within 1e-3 of the feature's range, 1e-2 with float16 weights.
 *
 * With `int8` the folded graph is then quantised and compared with itself on pictures; see `QuantizeOptions`.
 *
 * Throws a `RangeError` (unknown architecture, size out of range), `weights-invalid`, `weights-unsafe`,
 * `weights-mismatch`, `image-*` (one of `images`), `export-self-check-failed` or `disk-full`.
 * @example
 * await exportModel({ architecture: 'resnet50', weights: 'resnet50.pth', out: 'resnet50.onnx' });
 */
export async function exportModel(options: ExportOptions): Promise<ExportResult> {
  const { halfPrecisionWeights: half = false, log = silentLogger } = options;
  const plan = planOf(options);
  const { model: unfolded, dimension } = await unfoldedModel(options, plan);
  log.debug('weights fit the architecture', { architecture: options.architecture, dimension });
  const folded = finish(unfolded, half);
  const limit = half ? tolerance.float16 : tolerance.float32;
  const pictures = await picturesFor(options.images ?? [], plan.preprocessing);
  const report = await selfCheck(unfolded, folded, pictures, limit);
  log.debug('exported graph and network agree', { ...report });
  const int8 = options.int8 && (await quantizeModel(folded, plan.preprocessing, options.int8, log));
  const model = int8?.model ?? folded;
  const metadata = await metadataOf(options, plan, dimension, int8?.report);
  setProperty(model, metadataKey, serializeMetadata(metadata));
  await writeFileAtomically(options.out, [encodeModel(model)]);
  return { model: await readModelFile(options.out), report, quantization: int8?.report };
}
