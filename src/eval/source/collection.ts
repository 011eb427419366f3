import { SnapshelfError } from '../../errors.ts';
import type { Filter, Gallery, Item } from '../../gallery/index.ts';
import type { CollectionEvaluation, ManifestEntry } from '../jobs/job.ts';
import type { LabelledVectors } from '../types.ts';

/** The sides of a collection. */
export interface CollectionSides {
  readonly queries: LabelledVectors;
  /** Undefined: each query is looked for among the others. */
  readonly gallery: LabelledVectors | undefined;
  readonly metric: 'cosine' | 'l2';
  readonly model: { readonly id: string; readonly name: string };
  /** Items without a label, which can be neither right nor wrong. */
  readonly unlabelled: number;
}

/** Which items are which side. */
export interface CollectionRequest extends Pick<CollectionEvaluation, 'query' | 'gallery' | 'manifest'> {
  readonly signal?: AbortSignal | undefined;
}

/** An item and the label that it is judged by. */
type Labelled = Pick<Item, 'id' | 'label' | 'imageHash'>;

const byId = (a: Labelled, b: Labelled): number => (a.id < b.id ? -1 : 1);

async function list(gallery: Gallery, name: string, filter: Filter | undefined): Promise<Item[]> {
  const items: Item[] = [];
  let after: string | undefined;
  do {
    const page = await gallery.list(name, { limit: 1000, after, filter });
    items.push(...page.items);
    after = page.next ?? undefined;
  } while (after !== undefined);
  return items.sort(byId);
}

async function vectorsOf(
  gallery: Gallery,
  name: string,
  items: readonly Labelled[],
  signal: AbortSignal | undefined,
): Promise<LabelledVectors> {
  const { dimension } = await gallery.info(name);
  const vectors = new Float32Array(items.length * dimension);
  for (const [row, { id }] of items.entries()) {
    signal?.throwIfAborted();
    vectors.set(await gallery.vector(name, id), row * dimension);
  }
  return {
    ...{ vectors, dimension },
    ids: items.map(({ id }) => id),
    labels: items.map(({ label }) => label ?? ''),
    hashes: items.map(({ imageHash }) => imageHash),
  };
}

const ofSplit = (split: string): Filter => ({ field: 'split', equals: split });

/** The items that a manifest names, with its labels. */
async function itemsOfManifest(
  gallery: Gallery,
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

/** The items of both sides; the gallery's are undefined in self-retrieval. */
async function itemsOf(
  gallery: Gallery,
  name: string,
  { query, gallery: items, manifest }: CollectionRequest,
): Promise<readonly [Labelled[], Labelled[] | undefined]> {
  if (manifest !== undefined) {
    const queries = await itemsOfManifest(gallery, name, manifest, 'query');
    return [queries, await itemsOfManifest(gallery, name, manifest, 'gallery')];
  }
  if (query !== undefined)
    return [
      await list(gallery, name, query),
      items === undefined ? undefined : await list(gallery, name, items),
    ];
  const queries = await list(gallery, name, ofSplit('query'));
  if (queries.length > 0 || items !== undefined)
    return [queries, await list(gallery, name, items ?? ofSplit('gallery'))];
  return [await list(gallery, name, undefined), undefined];
}

/** An item on both sides would find itself. */
function refuseOverlap([queries, items]: readonly [Labelled[], Labelled[] | undefined]): void {
  const ids = new Set(items?.map(({ id }) => id));
  const both = queries.filter(({ id }) => ids.has(id));
  if (both.length > 0)
    throw new SnapshelfError(
      'source-invalid',
      `${both.length} items are queries and in the gallery, such as ${both[0]?.id}: choose sides that share none, or leave the gallery out to look for each query among the others.`,
    );
}

/**
 * Reads the vectors of a live collection.
 * @throws SnapshelfError `collection-not-found`, `filter-invalid`, `source-invalid` when a side is empty.
 */
export async function readCollection(
  gallery: Gallery,
  name: string,
  request: CollectionRequest = {},
): Promise<CollectionSides> {
  const { metric, modelId, modelName } = await gallery.info(name);
  const sides = await itemsOf(gallery, name, request);
  refuseOverlap(sides);
  const labelled = sides.map((items) => items?.filter(({ label }) => label !== null));
  const [queries = [], items] = labelled;
  if (queries.length === 0 || items?.length === 0)
    throw new SnapshelfError(
      'source-invalid',
      `The collection ${name} has ${queries.length} labelled queries and ${items?.length ?? queries.length} labelled gallery items: index pictures with the splits "query" and "gallery", or without any.`,
    );
  const count = (list: readonly (readonly Labelled[] | undefined)[]): number =>
    list.reduce((sum, some) => sum + (some?.length ?? 0), 0);
  return {
    queries: await vectorsOf(gallery, name, queries, request.signal),
    gallery: items === undefined ? undefined : await vectorsOf(gallery, name, items, request.signal),
    metric,
    model: { id: modelId, name: modelName },
    unlabelled: count(sides) - count(labelled),
  };
}
