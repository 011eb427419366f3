import { basename, extname } from 'node:path';
import { writeAtomically } from '../files/index.ts';
import type { Preprocessing } from '../image/index.ts';
import { silentLogger } from '../log.ts';
import { type ModelMetadata, metadataKey, readModelFile, serializeMetadata } from '../model/index.ts';
import { encodeModel, type ModelProto, setProperty } from '../onnx/index.ts';
import { hashWeightsFile } from '../weights/index.ts';
import type { ExportOptions, ExportResult } from './export-options.ts';
import { foldBatchNormalization } from './fold-batch-normalization.ts';
import { storeWeightsAsHalf } from './half-precision.ts';
import { type Plan, planOf, wholeModel } from './network-model.ts';
import { pictureOf } from './pictures.ts';
import { probeImages } from './probe-images.ts';
import { checkProjection, project, projectModel } from './projection/index.ts';
import { checkOptions, describeQuantization, quantizeModel } from './quantize/index.ts';
import { type PictureBatch, selfCheck, tolerance } from './self-check.ts';

/** The number of drawn pictures that the graphs are compared on. */
const probes = 4;

async function metadataOf(
  options: ExportOptions,
  { preprocessing }: Plan,
  dimension: number,
  { projection, quantization, start }: Pick<ExportResult, 'projection' | 'quantization' | 'start'>,
): Promise<ModelMetadata> {
  return {
    formatVersion: 1,
    name: options.name ?? basename(options.out, extname(options.out)),
    architecture: options.architecture,
    dimension,
    ...(options.classifier === 'softmax' && { output: 'softmax' as const }),
    preprocessing,
    ...(typeof options.weights === 'string' && { weightsSha256: await hashWeightsFile(options.weights) }),
    ...(options.training !== undefined && { training: options.training }),
    ...(start && { start: { ...start } }),
    ...(projection && { projection: { ...projection } }),
    ...(options.int8 && quantization && { quantization: describeQuantization(options.int8, quantization) }),
    createdAt: new Date().toISOString(),
  };
}

function finish(unfolded: ModelProto, half: boolean): ModelProto {
  if (unfolded.graph === undefined) throw new TypeError('The model has no graph.');
  const folded = foldBatchNormalization(unfolded.graph);
  return { ...unfolded, graph: half ? storeWeightsAsHalf(folded) : folded };
}

/** Returns the model with its projection, after checking it against the same sums outside the graph. */
async function withProjection(
  folded: ModelProto,
  { graph, projection }: Awaited<ReturnType<typeof projectModel>>,
  half: boolean,
  pictures: readonly PictureBatch[],
): Promise<ModelProto> {
  const model = { ...folded, graph: half ? storeWeightsAsHalf(graph) : graph };
  const limit = half ? tolerance.float16 : tolerance.float32;
  await selfCheck(folded, model, pictures, limit, (features) => project(projection, features));
  return model;
}

async function picturesFor(
  images: readonly Uint8Array[],
  preprocessing: Preprocessing,
): Promise<PictureBatch[]> {
  const { width, height } = preprocessing.crop;
  const own = images.map((bytes) => pictureOf(bytes, preprocessing));
  return [probeImages(probes, height, width), ...(await Promise.all(own))];
}

/**
 * Turns weights into a self-sufficient model file: `uint8[N,H,W,3]` in, normalisation and layout inside the graph,
 * batch normalisation folded into convolutions, `float32[N,D]` out, metadata inside. Both graphs are run on the same
 * pictures first. The file is written only if they agree within 1e-3 of the feature's range, or 1e-2 with float16 weights.
 *
 * With the classifier `softmax` the embedding is `float32[N,C]`, the probabilities of the classes. With `projection` the
 * feature is made shorter. With `int8` the folded graph is then quantised and compared
 * with itself on pictures; see `QuantizeOptions`.
 *
 * @throws RangeError for an unknown architecture or an option out of range
 * @throws SnapshelfError `weights-invalid`, `weights-unsafe`, `weights-mismatch`, `image-*` (one of `images`),
 * `export-self-check-failed`, `disk-full` or `not-writable`
 * @example
 * await exportModel({ architecture: 'resnet50', weights: 'resnet50.pth', out: 'resnet50.onnx' });
 */
export async function exportModel(options: ExportOptions): Promise<ExportResult> {
  const { halfPrecisionWeights: half = false, log = silentLogger } = options;
  const plan = planOf(options);
  const { preprocessing } = plan;
  if (options.int8 !== undefined) checkOptions(options.int8);
  const { model: unfolded, dimension, taken, start } = await wholeModel(options, plan);
  log.debug('weights fit the architecture', { architecture: options.architecture, dimension, ...taken });
  if (options.projection !== undefined) checkProjection(options.projection, dimension);
  const folded = finish(unfolded, half);
  const limit = half ? tolerance.float16 : tolerance.float32;
  const pictures = await picturesFor(options.images ?? [], preprocessing);
  const report = await selfCheck(unfolded, folded, pictures, limit);
  log.debug('exported graph and network agree', { ...report });
  const shorter = options.projection && (await projectModel(folded, preprocessing, options.projection, log));
  const float = shorter === undefined ? folded : await withProjection(folded, shorter, half, pictures);
  const int8 = options.int8 && (await quantizeModel(float, preprocessing, options.int8, log));
  const reports = { projection: shorter?.report, quantization: int8?.report, start };
  const model = int8?.model ?? float;
  const metadata = await metadataOf(options, plan, shorter?.report.dimension ?? dimension, reports);
  setProperty(model, metadataKey, serializeMetadata(metadata));
  await writeAtomically(options.out, encodeModel(model));
  return { model: await readModelFile(options.out), taken, report, ...reports };
}
