import type { CollectionInfo, Engine } from '../engine/index.ts';
import { SnapshelfError } from '../errors.ts';
import { type ModelFile, type ModelMetadata, readModelFile } from '../model/index.ts';
import { type Metric, metricOf } from '../vectors/index.ts';
import { storeModel } from './model-store.ts';
import type { NewCollection } from './types.ts';

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
  const path = wanted.model ?? defaultModel?.path;
  if (path === undefined)
    throw new SnapshelfError(
      'model-not-found',
      `The collection ${name} is new and needs a model, and the one that ships is not there. Name the file of a model.`,
    );
  const { metric = 'cosine', metricOptions, storeImages } = wanted;
  checkOutput(metric, (await readModelFile(path)).metadata);
  const { id, metadata } = await storeModel(data, path);
  const model = { modelId: id, modelName: metadata.name, dimension: metadata.dimension };
  return gallery.create({ name, ...model, metric, metricOptions, storeImages });
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
  { metric, metricOptions, storeImages, model }: NewCollection,
): Promise<CollectionInfo> {
  const asked = model === undefined ? undefined : await readModelFile(model);
  if (asked !== undefined && asked.id !== existing.modelId) throw otherModel(existing, asked);
  const { name, modelId, modelName, dimension } = existing;
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

function otherModel(existing: CollectionInfo, asked: ModelFile): SnapshelfError {
  return new SnapshelfError(
    'model-mismatch',
    `The collection ${existing.name} belongs to the model ${existing.modelName} (${existing.modelId.slice(0, 12)}), not to ${asked.metadata.name} (${asked.id.slice(0, 12)}). Re-index the collection to switch it over, or name its own model.`,
    { details: { collectionModel: existing.modelId, givenModel: asked.id } },
  );
}
