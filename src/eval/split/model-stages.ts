import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SnapshelfError } from '../../errors.ts';
import { type LoadedModel, loadModelFile, type ModelMetadata, withoutProjection } from '../../model/index.ts';
import type { LabelledVectors } from '../types.ts';
import type { SplitStage } from './split-schema.ts';

/** The vectors of one form of a model, and what it takes to make one. */
export interface StageVectors {
  readonly queries: LabelledVectors;
  /** Undefined: each query is searched among the others. */
  readonly gallery: LabelledVectors | undefined;
  /** Milliseconds per picture, decoding included; undefined if they were not measured. */
  readonly milliseconds?: number | undefined;
}

/** A stage before the search: its vectors, or the reason why there are none. */
export type ModelStage =
  | { readonly stage: SplitStage; readonly vectors: StageVectors; readonly note?: string | undefined }
  | { readonly stage: SplitStage; readonly missing: string };

/** The stage that the vectors of a model belong to. */
const stageOfModel = ({ projection, quantization }: ModelMetadata): 'float32' | 'int8' | 'shortened' =>
  projection !== undefined ? 'shortened' : quantization !== undefined ? 'int8' : 'float32';

/** Options of `modelStages`. */
export interface ModelStagesOptions {
  /** Path of the model that was evaluated. */
  readonly model: string;
  /** Path of a float32 model of the same network. */
  readonly reference?: string | undefined;
  /** The vectors that were evaluated. */
  readonly evaluated: StageVectors;
  /** Embeds the same pictures with another model file. */
  readonly embed: (path: string) => Promise<StageVectors>;
}

const notQuantized = 'The model is not quantised: it computes in float32.';
const noProjection = 'The model has no projection: its feature is not shortened.';
const noReference = 'No float32 model of the same network was named as the reference.';

function checkReference(model: LoadedModel, reference: LoadedModel): void {
  if (stageOfModel(model.metadata) === 'float32')
    throw new RangeError(
      `The model ${model.path} computes in float32 and is not shortened, so it is its own reference. Leave the reference out.`,
    );
  if (reference.metadata.quantization !== undefined)
    throw new RangeError(
      `The reference must be a float32 model, but ${reference.path} is quantised. Export its weights without int8.`,
    );
}

/** Tells where the reference differs from the model in more than its precision. */
function differences({ metadata: a }: LoadedModel, { metadata: b }: LoadedModel): string | undefined {
  const told: string[] = [];
  if (a.architecture !== b.architecture) told.push(`another architecture (${b.architecture})`);
  if (a.weightsSha256 !== b.weightsSha256) told.push('other weights, as far as the files say');
  if (JSON.stringify(a.preprocessing) !== JSON.stringify(b.preprocessing)) told.push('another preprocessing');
  return told.length === 0
    ? undefined
    : `The reference has ${told.join(' and ')}: the next line's change is not of the precision alone.`;
}

/** Embeds with a model, without its projection if it has one. */
const embedWhole = (loaded: LoadedModel, embed: ModelStagesOptions['embed']): Promise<StageVectors> =>
  loaded.metadata.projection === undefined
    ? embed(loaded.path)
    : withTemporaryFile(withoutProjection(loaded), embed);

/** Makes a stage by embedding; one whose pictures are not there is missing. */
async function embedded(
  stage: SplitStage,
  embed: () => Promise<StageVectors>,
  note?: string,
): Promise<ModelStage> {
  try {
    return { stage, vectors: await embed(), note };
  } catch (error) {
    if (!(error instanceof SnapshelfError) || !/^(image|item)-/.test(error.code)) throw error;
    return { stage, missing: error.message };
  }
}

/**
 * Makes the lines before the search: float32, int8, shortened. A feature before its projection is had from the same model
 * file, whose projection is taken off.
 * @throws RangeError For a reference that is quantised, or of a model that needs none.
 * @throws SnapshelfError as `loadModelFile` and `embed`.
 * @example
 * ```ts
 * import { evaluate, type LabelledVectors, modelStages } from 'snapshelf/evaluate';
 *
 * declare const embedWith: (model: string, pictures: readonly string[]) => Promise<LabelledVectors>;
 * declare const pictures: readonly string[];
 *
 * const queries = await embedWith('int8.onnx', pictures);
 * const models = await modelStages({
 *   model: 'int8.onnx',
 *   reference: 'float32.onnx',
 *   evaluated: { queries, gallery: undefined },
 *   embed: async (model) => ({ queries: await embedWith(model, pictures), gallery: undefined }),
 * });
 * const subject = { protocol: 'self', queries: ['photos'], gallery: null, model: null } as const;
 * await evaluate({ queries, gallery: undefined, subject }, { ks: [1, 10], splitLoss: { models } });
 * ```
 */
export async function modelStages(options: ModelStagesOptions): Promise<ModelStage[]> {
  const { evaluated, embed } = options;
  const model = await loadModelFile(options.model);
  const reference = options.reference === undefined ? undefined : await loadModelFile(options.reference);
  if (reference !== undefined) checkReference(model, reference);
  const { projection, quantization } = model.metadata;
  const own = (stage: SplitStage): Promise<ModelStage> =>
    projection === undefined
      ? Promise.resolve({ stage, vectors: evaluated })
      : embedded(stage, () => embedWhole(model, embed));
  const stages: ModelStage[] = [];
  if (reference !== undefined) {
    const note = differences(model, reference);
    stages.push(await embedded('float32', () => embedWhole(reference, embed), note));
  } else if (quantization === undefined) stages.push(await own('float32'));
  else stages.push({ stage: 'float32', missing: noReference });
  if (quantization === undefined) stages.push({ stage: 'int8', missing: notQuantized });
  else stages.push(await own('int8'));
  if (projection === undefined) stages.push({ stage: 'shortened', missing: noProjection });
  else stages.push({ stage: 'shortened', vectors: evaluated });
  return stages;
}

/**
 * Makes the lines before the search where only vectors are known.
 * @example
 * ```ts
 * import { evaluate, givenVectors, readVectorFiles } from 'snapshelf/evaluate';
 *
 * const queries = await readVectorFiles({ vectors: 'query.npy', labels: 'query.txt' });
 * const subject = { protocol: 'self', queries: ['query.npy'], gallery: null, model: null } as const;
 * const models = givenVectors({ queries, gallery: undefined });
 * await evaluate({ queries, gallery: undefined, subject }, { ks: [1, 10], splitLoss: { models } });
 * ```
 */
export function givenVectors(
  vectors: StageVectors,
  stage: 'float32' | 'int8' | 'shortened' = 'float32',
  why = 'Only vectors were given: how they were made is not known.',
): ModelStage[] {
  return (['float32', 'int8', 'shortened'] as const).map((one) =>
    one === stage ? { stage, vectors, note: why } : { stage: one, missing: why },
  );
}

async function withTemporaryFile<T>(bytes: Uint8Array, work: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'snapshelf-split-'));
  try {
    const path = join(folder, 'model.onnx');
    await writeFile(path, bytes);
    return await work(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
