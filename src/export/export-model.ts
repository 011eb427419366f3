import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename, extname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { GraphBuilder } from '../graph/index.ts';
import { type Logger, silentLogger } from '../log.ts';
import {
  type ModelFile,
  type ModelMetadata,
  metadataKey,
  readModelFile,
  serializeMetadata,
} from '../model/index.ts';
import { type Architecture, architectureOf, buildNetwork, type NetworkOptions } from '../nn/index.ts';
import { encodeModel, type ModelProto, setProperty } from '../onnx/index.ts';
import { matchWeights, readWeights, writeFileAtomically } from '../weights/index.ts';
import { foldBatchNormalization } from './fold.ts';
import { storeWeightsAsHalf } from './half-precision.ts';
import { imageInput } from './model-graph.ts';
import { type SelfCheck, selfCheck, tolerance } from './self-check.ts';

/** What to export and how. */
export interface ExportOptions {
  /** One of `architectures` of `nn/`. */
  readonly architecture: string;
  /** Path of the weights: `.pth`, `.pt` or `.safetensors`. */
  readonly weights: string;
  /** Path of the `.onnx` file to write. */
  readonly out: string;
  /** Name of the model. Default: the name of `out` without its ending. */
  readonly name?: string | undefined;
  /** Side of the square that the network sees, in pixels. Default: the architecture's. */
  readonly size?: number | undefined;
  /** Short side before the centre crop, in pixels. Default: in the architecture's proportion to `size`. */
  readonly resize?: number | undefined;
  /** Options that the weights were trained with. */
  readonly network?: NetworkOptions | undefined;
  /** Store large weights as float16. Default false. */
  readonly halfPrecisionWeights?: boolean | undefined;
  readonly log?: Logger | undefined;
}

/** What was written. */
export interface ExportResult {
  readonly model: ModelFile;
  readonly report: SelfCheck;
}

interface Plan {
  readonly architecture: Architecture;
  readonly size: number;
  readonly resize: number;
}

function planOf(options: ExportOptions): Plan {
  const architecture = architectureOf(options.architecture);
  const { input } = architecture;
  const size = options.size ?? input.size;
  const resize = options.resize ?? Math.round((size * input.resize) / input.size);
  for (const [name, value] of Object.entries({ size, resize })) {
    if (!Number.isInteger(value) || value < 32 || value > 4096)
      throw new RangeError(`${name} must be a whole number of pixels from 32 to 4096, not ${value}`);
  }
  return { architecture, size, resize };
}

/** The network around its own input, with batch normalisations as they were trained. */
async function unfoldedModel(
  options: ExportOptions,
  { architecture, size }: Plan,
): Promise<{ model: ModelProto; dimension: number }> {
  const g = new GraphBuilder(options.architecture);
  const image = imageInput(g, size, size, architecture.input);
  const { feature, dimension } = buildNetwork(g, options.architecture, image, options.network);
  g.output(feature, 'embedding');
  const weights = matchWeights(g.parameters, await readWeights(options.weights), {
    ignore: architecture.ignoredWeights,
  });
  return { model: g.build(weights), dimension };
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function metadataOf(options: ExportOptions, plan: Plan, dimension: number): Promise<ModelMetadata> {
  const { filter } = plan.architecture.input;
  return {
    formatVersion: 1,
    name: options.name ?? basename(options.out, extname(options.out)),
    architecture: options.architecture,
    dimension,
    preprocessing: {
      resize: { mode: 'short-side', size: plan.resize, filter },
      crop: { width: plan.size, height: plan.size },
    },
    weightsSha256: await sha256(options.weights),
    createdAt: new Date().toISOString(),
  };
}

function finish(unfolded: ModelProto, half: boolean): ModelProto {
  if (unfolded.graph === undefined) throw new TypeError('the model has no graph');
  const folded = foldBatchNormalization(unfolded.graph);
  return { ...unfolded, graph: half ? storeWeightsAsHalf(folded) : folded };
}

/**
 * Turns weights into a self-sufficient model file: `uint8[N,H,W,3]` in, normalisation and layout inside the graph,
 * batch normalisation folded into convolutions, `float32[N,D]` out, metadata inside. Both graphs are run on the same
 * pictures first; the file appears only when they agree.
 *
 * Throws a `RangeError` (unknown architecture, size out of range), `weights-invalid`, `weights-unsafe`,
 * `weights-mismatch` or `export-self-check-failed`.
 * @example
 * await exportModel({ architecture: 'resnet50', weights: 'resnet50.pth', out: 'resnet50.onnx' });
 */
export async function exportModel(options: ExportOptions): Promise<ExportResult> {
  const { halfPrecisionWeights: half = false, log = silentLogger } = options;
  const plan = planOf(options);
  const { model: unfolded, dimension } = await unfoldedModel(options, plan);
  log.debug('weights fit the architecture', { architecture: options.architecture, dimension });
  const model = finish(unfolded, half);
  const limit = half ? tolerance.float16 : tolerance.float32;
  const report = await selfCheck(unfolded, model, { height: plan.size, width: plan.size }, limit);
  log.debug('folded and unfolded graph agree', { ...report });
  setProperty(model, metadataKey, serializeMetadata(await metadataOf(options, plan, dimension)));
  await writeFileAtomically(options.out, [encodeModel(model)]);
  return { model: await readModelFile(options.out), report };
}
