import type { Embedder } from '../../embed/index.ts';
import type { Engine, Filter, Item } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { canonical, counted } from '../../text.ts';
import { pipeline } from '../../threads/index.ts';
import type { CollectionEvaluation, ManifestEntry } from '../jobs/job.ts';
import type { Subject } from '../report/evaluation-schema.ts';
import type { LabelledVectors, Metric, MetricOptions } from '../types.ts';
import type { EmbedEachOptions } from './embed-samples.ts';

/** The vectors of a collection, as queries and gallery. */
export interface CollectionVectors {
  readonly queries: LabelledVectors;
  /** Undefined: each query is searched among the others. */
  readonly gallery: LabelledVectors | undefined;
  readonly metric: Metric;
  /** The numbers of `weak-metric`. */
  readonly metricOptions?: MetricOptions | undefined;
  readonly model: { readonly id: string; readonly name: string };
  /** The collection as the subject of a report. */
  readonly subject: Subject;
  /** Items that were left out because they have no label. */
  readonly unlabelled: number;
  /** The filter that separates the gallery from the collection's other items; undefined if nothing does. */
  readonly filter: Filter | undefined;
  /** The products of the gallery's items, by id. */
  readonly products: ReadonlyMap<string, string>;
}

/** The choice of queries and gallery. */
export interface CollectionRequest extends Pick<CollectionEvaluation, 'query' | 'gallery' | 'manifest'> {
  readonly signal?: AbortSignal | undefined;
}

/** An item with the label to evaluate it by. */
type Labelled = Pick<Item, 'id' | 'label' | 'imageHash' | 'productId'>;

const byId = (a: Labelled, b: Labelled): number => (a.id < b.id ? -1 : 1);

async function list(gallery: Engine, name: string, filter: Filter | undefined): Promise<Item[]> {
  const items: Item[] = [];
  let after: string | undefined;
  do {
    const page = await gallery.list(name, { limit: 1000, after, filter });
    items.push(...page.items);
    after = page.next ?? undefined;
  } while (after !== undefined);
  return items.sort(byId);
}

/** Vectors that are read in one call. */
const vectorsAtOnce = 500;

async function vectorsOf(
  gallery: Engine,
  name: string,
  items: readonly Labelled[],
  signal: AbortSignal | undefined,
): Promise<LabelledVectors> {
  const { dimension } = await gallery.info(name);
  const vectors = new Float32Array(items.length * dimension);
  for (let row = 0; row < items.length; row += vectorsAtOnce) {
    signal?.throwIfAborted();
    const ids = items.slice(row, row + vectorsAtOnce).map(({ id }) => id);
    vectors.set(await gallery.vectors(name, ids), row * dimension);
  }
  return {
    vectors,
    dimension,
    ids: items.map(({ id }) => id),
    // Items that an earlier release stored have labels in the spelling that they came in.
    labels: items.map(({ label }) => canonical(label ?? '')),
    hashes: items.map(({ imageHash }) => imageHash),
  };
}

const ofSplit = (split: string): Filter => ({ field: 'split', equals: split });

/** Returns the items that a manifest names, with its labels. */
async function itemsOfManifest(
  gallery: Engine,
  name: string,
  entries: readonly ManifestEntry[],
  split: ManifestEntry['split'],
): Promise<Labelled[]> {
  const items: Labelled[] = [];
  for (const entry of entries.filter((one) => one.split === split)) {
    const item = await gallery.get(name, entry.id);
    items.push({ ...item, label: entry.label ?? item.label });
  }
  return items.sort(byId);
}

/** The items of a collection by role. */
interface Roles {
  readonly queries: readonly Labelled[];
  /** Undefined in self-retrieval. */
  readonly items: readonly Labelled[] | undefined;
  /** The filter that separates the items to search among from the others. */
  readonly filter?: Filter | undefined;
}

async function itemsOf(
  gallery: Engine,
  name: string,
  { query, gallery: items, manifest }: CollectionRequest,
): Promise<Roles> {
  if (manifest !== undefined) {
    const queries = await itemsOfManifest(gallery, name, manifest, 'query');
    const ids = manifest.filter(({ split }) => split === 'gallery').map(({ id }) => id);
    const found = await itemsOfManifest(gallery, name, manifest, 'gallery');
    return { queries, items: found, filter: { field: 'id', in: ids } };
  }
  if (query !== undefined) {
    const queries = await list(gallery, name, query);
    const found = items === undefined ? undefined : await list(gallery, name, items);
    return { queries, items: found, filter: items ?? query };
  }
  const queries = await list(gallery, name, ofSplit('query'));
  if (queries.length > 0 || items !== undefined) {
    const filter = items ?? ofSplit('gallery');
    return { queries, items: await list(gallery, name, filter), filter };
  }
  return { queries: await list(gallery, name, undefined), items: undefined };
}

/** Items without a label are no part of the gallery. */
function onlyLabelled(filter: Filter | undefined): Filter {
  const labelled: Filter = { field: 'label', exists: true };
  return filter === undefined ? labelled : { and: [filter, labelled] };
}

/** Refuses items that are queries and in the gallery: they would find themselves. */
function refuseOverlap({ queries, items }: Roles): void {
  const ids = new Set(items?.map(({ id }) => id));
  const both = queries.filter(({ id }) => ids.has(id));
  if (both.length > 0)
    throw new SnapshelfError(
      'source-invalid',
      `${counted(both.length, 'item is', 'items are')} both queried and in the gallery, such as ${both[0]?.id}: choose queries and gallery that share none, or leave the gallery out to search each query among the others.`,
    );
}

/**
 * Reads the vectors of a live collection.
 * @throws SnapshelfError `collection-not-found`, `item-not-found`, `filter-invalid`
 * @throws SnapshelfError `source-invalid` if there are no labelled queries or gallery items, or an item is both
 * @example
 * ```ts
 * import { Gallery } from 'snapshelf';
 * import { readCollection } from 'snapshelf/evaluate';
 *
 * await using gallery = await Gallery.open('data', { readOnly: true });
 * const collection = await readCollection(gallery, 'shop');
 * ```
 */
export async function readCollection(
  gallery: Engine,
  name: string,
  request: CollectionRequest = {},
): Promise<CollectionVectors> {
  const { metric, metricOptions, modelId, modelName } = await gallery.info(name);
  const roles = await itemsOf(gallery, name, request);
  refuseOverlap(roles);
  const hasLabel = ({ label }: Labelled): boolean => label !== null;
  const queries = roles.queries.filter(hasLabel);
  const items = roles.items?.filter(hasLabel);
  if (queries.length === 0 || items?.length === 0)
    throw new SnapshelfError(
      'source-invalid',
      `The collection ${name} has ${counted(queries.length, 'labelled query', 'labelled queries')} and ${items?.length ?? queries.length} labelled gallery items: index pictures with the splits "query" and "gallery", or without any.`,
    );
  const unlabelled =
    roles.queries.length - queries.length + (roles.items?.length ?? 0) - (items?.length ?? 0);
  const model = { id: modelId, name: modelName };
  const source = [`collection ${name}`];
  return {
    queries: await vectorsOf(gallery, name, queries, request.signal),
    gallery: items === undefined ? undefined : await vectorsOf(gallery, name, items, request.signal),
    metric,
    metricOptions,
    model,
    subject: {
      protocol: items === undefined ? 'self' : 'query-gallery',
      queries: source,
      gallery: items === undefined ? null : source,
      model: { ...model, architecture: '' },
    },
    unlabelled,
    filter: unlabelled === 0 ? roles.filter : onlyLabelled(roles.filter),
    products: new Map((items ?? queries).map(({ id, productId }) => [id, productId])),
  };
}

/**
 * Embeds the stored pictures of the items of a set anew.
 * @throws SnapshelfError `image-not-stored`, `item-damaged`, else as `Embedder.embed`; the reason of the signal.
 * @example
 * ```ts
 * import { Embedder, Gallery } from 'snapshelf';
 * import { embedStored, readCollection } from 'snapshelf/evaluate';
 *
 * await using gallery = await Gallery.open('data', { readOnly: true });
 * await using embedder = await Embedder.open('float32.onnx');
 * const { queries } = await readCollection(gallery, 'shop');
 * const anew = await embedStored(embedder, gallery, 'shop', queries);
 * ```
 */
export async function embedStored(
  embedder: Embedder,
  gallery: Engine,
  name: string,
  set: LabelledVectors,
  { signal, concurrency = 32, onPicture }: EmbedEachOptions & { readonly onPicture?: () => void } = {},
): Promise<LabelledVectors> {
  const { dimension } = embedder.info;
  const vectors = new Float32Array(set.ids.length * dimension);
  const embedOne = async (id: string): Promise<Float32Array> => {
    signal?.throwIfAborted();
    const { bytes } = await gallery.image(name, id);
    return (await embedder.embed(bytes, { signal, background: true })).vector;
  };
  let row = 0;
  for await (const vector of pipeline(set.ids, concurrency, embedOne)) {
    vectors.set(vector, row * dimension);
    row += 1;
    onPicture?.();
  }
  return { ...set, vectors, dimension };
}
