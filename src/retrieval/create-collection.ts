import type { CollectionInfo, Engine } from '../engine/index.ts';
import { SnapshelfError } from '../errors.ts';
import { sha256 } from '../files/index.ts';
import { type ModelFile, type ModelMetadata, readModelFile } from '../model/index.ts';
import { type Metric, metricOf } from '../vectors/index.ts';
import { storeModel } from './model-store.ts';
import { SharedModels } from './shared-models.ts';
import type { NewCollection, VectorModel } from './types.ts';

/** The place where a collection is created. */
export interface CreateTarget {
  readonly gallery: Engine;
  readonly data: string;
  /** The model of collections that name none. */
  readonly defaultModel: ModelFile | undefined;
}

/**
 * Creates a collection, or returns the one of that name; see `Retriever.createCollection`.
 * @throws SnapshelfError `model-not-found`, `model-mismatch`, `metric-mismatch`, `collection-exists`, `onnx-invalid`, `model-invalid`.
 */
export async function createCollection(
  target: CreateTarget,
  name: string,
  wanted: NewCollection,
): Promise<CollectionInfo> {
  const { gallery, data, defaultModel } = target;
  const existing = await findCollection(gallery, name);
  if (existing !== undefined) return accept(target, existing, wanted);
  const { metric = 'cosine', metricOptions, storeImages, vectorsOf } = wanted;
  const settings = { name, metric, metricOptions, storeImages };
  if (vectorsOf !== undefined) return gallery.create({ ...settings, ...outsideModel(vectorsOf) });
  const path = wanted.model ?? defaultModel?.path;
  if (path === undefined)
    throw new SnapshelfError(
      'model-not-found',
      `The collection ${name} is new and needs a model, and the one that ships is not there. Name the file of a model.`,
    );
  checkOutput(metric, (await readModelFile(path)).metadata);
  const { id, metadata } = await storeModel(data, path);
  await new SharedModels(gallery, data).give(id);
  const model = { modelId: id, modelName: metadata.name, dimension: metadata.dimension };
  return gallery.create({ ...settings, ...model });
}

/** Returns the collection of a name, or undefined if there is none. */
export async function findCollection(gallery: Engine, name: string): Promise<CollectionInfo | undefined> {
  try {
    return await gallery.info(name);
  } catch (error) {
    if (error instanceof SnapshelfError && error.code === 'collection-not-found') return undefined;
    throw error;
  }
}

async function accept(
  { gallery }: CreateTarget,
  existing: CollectionInfo,
  { metric, metricOptions, storeImages, model, vectorsOf }: NewCollection,
): Promise<CollectionInfo> {
  const asked = await askedModel(model, vectorsOf);
  if (asked !== undefined && asked.modelId !== existing.modelId) throw otherModel(existing, asked);
  const { name, modelId, modelName } = existing;
  const { dimension } = vectorsOf ?? existing;
  const choice =
    (metric ?? existing.metric) === existing.metric && metricOptions === undefined
      ? { metric: existing.metric, metricOptions: existing.metricOptions }
      : { metric: metric ?? existing.metric, metricOptions };
  const settings = { modelId, modelName, dimension, storeImages: storeImages ?? existing.storeImages };
  return gallery.create({ name, ...choice, ...settings });
}

/**
 * Checks that a model gives the vectors that a metric compares.
 * @throws SnapshelfError `metric-mismatch` for a metric of probabilities and a model that gives features.
 */
export function checkOutput(metric: Metric, { name, output }: ModelMetadata): void {
  if (metricOf(metric).vectors !== 'probabilities' || output === 'softmax') return;
  throw new SnapshelfError(
    'metric-mismatch',
    `The metric ${metric} compares softmax vectors, but the model ${name} gives features. Export a model with the softmax of its classifier, or choose cosine or l2.`,
    { details: { metric, output: output ?? 'feature' } },
  );
}

type AskedModel = Pick<CollectionInfo, 'modelId' | 'modelName'>;

async function askedModel(
  path: string | undefined,
  vectorsOf: VectorModel | undefined,
): Promise<AskedModel | undefined> {
  if (vectorsOf !== undefined) return outsideModel(vectorsOf);
  if (path === undefined) return undefined;
  const { id, metadata } = await readModelFile(path);
  return { modelId: id, modelName: metadata.name };
}

/** Returns the settings of a collection whose model is not here. @throws RangeError for a name that is too long or empty. */
function outsideModel({ name, dimension }: VectorModel): AskedModel & { readonly dimension: number } {
  if (!/^[^\p{Cc}\p{Cs}]{1,200}$/u.test(name))
    throw new RangeError(`vectorsOf.name must have 1 to 200 characters, not ${JSON.stringify(name)}.`);
  return { modelId: sha256(Buffer.from(name)), modelName: name, dimension };
}

function otherModel(existing: CollectionInfo, asked: AskedModel): SnapshelfError {
  return new SnapshelfError(
    'model-mismatch',
    `The collection ${existing.name} belongs to the model ${existing.modelName} (${existing.modelId.slice(0, 12)}), not to ${asked.modelName} (${asked.modelId.slice(0, 12)}). Re-index the collection to switch it over, or name its own model.`,
    { details: { collectionModel: existing.modelId, givenModel: asked.modelId } },
  );
}
