import { availableParallelism } from 'node:os';
import { checkWhole } from '../../arguments.ts';
import { maxDimension, maxMetadataBytes, maxMetadataValues } from '../../engine/index.ts';
import type { JsonLimits } from '../../json/index.ts';

/** Limits of the requests of a client. docs/http-api.md has the same table. */
export interface Limits {
  /** Bytes of one picture. Default 20 MiB. */
  readonly imageBytes: number;
  /** Pictures in one batch. Default 64. */
  readonly batchImages: number;
  /** Entries of the field `items` of a batch or of updates, ids of a delete. Default 1,000; together they may have the metadata of `batchImages` items. */
  readonly batchItems: number;
  /** Vectors in one request. Default 10,000. */
  readonly batchVectors: number;
  /** Bytes of one whole batch. Default 128 MiB. */
  readonly batchBytes: number;
  /** Bytes of the body of a search with several pictures, of a batch of searches or of a comparison. Default 64 MiB. */
  readonly searchBytes: number;
  /** Searches in one batch. Default 64. */
  readonly batchSearches: number;
  /**
   * Bytes of all bodies that have arrived and are held at once; further requests are refused with 503. A quarter is for searches
   * alone, the rest for all others. Default 512 MiB.
   */
  readonly bytesInFlight: number;
  /** Percent of either part that one client (a key, else an address) may hold. Default 50. */
  readonly clientPercent: number;
  /** Bytes per second that a body must bring, over 5 seconds. Default 1,024. */
  readonly bodyBytesPerSecond: number;
  /** Searches and embeddings at a time; further ones wait. Default: the cores and one. */
  readonly searchesAtOnce: number;
  /** Batches of searches, and searches for duplicates, at a time; further ones wait. Default 2. */
  readonly bulkAtOnce: number;
  /** Requests that store pictures at a time; further ones wait. Default 8. */
  readonly writesAtOnce: number;
  /** Of each of these, those with a picture above 16 megapixels, which do not count among the others. Default: a quarter of the cores, at least 1. */
  readonly largeAtOnce: number;
  /**
   * Most milliseconds that such a request waits for its turn; it is refused with 503 at once where it would be more. Default 0: twice
   * the median time that its kind has taken since the start, at least 50 and at most 1,000.
   */
  readonly maxWaitMs: number;
  /** Bytes of one filter. Default 256 KiB. */
  readonly filterBytes: number;
  /** Numbers of a query vector. Default 16,384, the most that a collection can have. */
  readonly vectorNumbers: number;
  /** Entries of the manifest of an evaluation. Default 200,000. */
  readonly manifestEntries: number;
  /** Bytes of the request of an evaluation, and so of its manifest. Default 32 MiB. */
  readonly manifestBytes: number;
  /** Characters of a label in a manifest. Default 512. */
  readonly labelCharacters: number;
  /** Nesting depth of any JSON. Default 64. */
  readonly jsonDepth: number;
  /** Bytes of the JSON of all other routes. Default 16 KiB. */
  readonly plainBytes: number;
}

const KiB = 1024;
const cores = availableParallelism();
const MiB = 1024 * KiB;

/** The defaults of `Limits`. */
export const defaultLimits: Limits = {
  imageBytes: 20 * MiB,
  batchImages: 64,
  batchItems: 1000,
  batchVectors: 10_000,
  batchBytes: 128 * MiB,
  searchBytes: 64 * MiB,
  batchSearches: 64,
  bytesInFlight: 512 * MiB,
  clientPercent: 50,
  bodyBytesPerSecond: 1024,
  searchesAtOnce: cores + 1,
  bulkAtOnce: 2,
  writesAtOnce: 8,
  largeAtOnce: Math.max(1, cores >> 2),
  maxWaitMs: 0,
  filterBytes: 256 * KiB,
  vectorNumbers: maxDimension,
  manifestEntries: 200_000,
  manifestBytes: 32 * MiB,
  labelCharacters: 512,
  jsonDepth: 64,
  plainBytes: 16 * KiB,
};

/** The least value of a limit: where 0 has a meaning, it is the default. */
const leastOf = (name: keyof Limits): number => (defaultLimits[name] === 0 ? 0 : 1);

/** Fills in the defaults of `given`. @throws RangeError for an unknown limit or one that is not a whole number of 1 or more. */
export function limitsOf(given: Partial<Limits> = {}): Limits {
  const limits = { ...defaultLimits };
  for (const name of Object.keys(given) as (keyof Limits)[]) {
    const value = given[name] ?? defaultLimits[name];
    if (!Object.hasOwn(defaultLimits, name)) throw new RangeError(`There is no limit named ${name}.`);
    checkWhole(`limits.${name}`, value, {
      from: leastOf(name),
      to: name === 'clientPercent' ? 100 : undefined,
    });
    limits[name] = value;
  }
  return limits;
}

/** The kinds of requests whose fields are read. */
export type RequestKind =
  | 'collection'
  | 'item'
  | 'batch'
  | 'vectors'
  | 'update'
  | 'updates'
  | 'delete'
  | 'list'
  | 'picture'
  | 'search'
  | 'searches'
  | 'facets'
  | 'comparison'
  | 'explanation'
  | 'calibration'
  | 'duplicates'
  | 'findDuplicates'
  | 'foundDuplicates'
  | 'embedding'
  | 'reindex'
  | 'evaluation'
  | 'webhook'
  | 'importReport';

/** Limits of the body of one kind of request. */
export interface BodyLimits {
  /** Bytes of the whole body. */
  readonly bytes: number;
  /** Bytes of one text field of a form. */
  readonly fieldBytes: number;
  /** Limits of a JSON body, and of each JSON field of a form or a query string. */
  readonly json: Omit<JsonLimits, 'bytes'>;
}

/** Most JSON values of a filter: conditions, their fields and values, and the objects around them. */
const filterValues = 12_000;
/** Most JSON values of the fields of facets, with the bounds of their ranges. */
const facetValues = 2100;
/** Most JSON values of the other fields of an item, a search or an entry. */
const otherValues = 50;
/** Most JSON values of an item. */
const itemValues = maxMetadataValues + otherValues;
/** Most bytes of a vector's number as text. */
const numberBytes = 26;
const inBase64 = (bytes: number): number => Math.ceil((bytes * 4) / 3);

/** Bytes of one text field of a form. */
const fieldBytesOf = ({ filterBytes }: Limits): number => Math.max(filterBytes, 4 * maxMetadataBytes);

/** The kinds of requests that have few fields. */
const smallKinds = [
  'collection',
  'reindex',
  'calibration',
  'duplicates',
  'findDuplicates',
  'foundDuplicates',
  'webhook',
  'importReport',
] as const satisfies RequestKind[];

const smallLimits = (limits: BodyLimits): Record<(typeof smallKinds)[number], BodyLimits> =>
  Object.fromEntries(smallKinds.map((kind) => [kind, limits])) as Record<
    (typeof smallKinds)[number],
    BodyLimits
  >;

/** Computes the limits of each kind of request. */
export function bodyLimitsOf(limits: Limits): Readonly<Record<RequestKind, BodyLimits>> {
  const fieldBytes = fieldBytesOf(limits);
  const body = (bytes: number, nodes: number, elements: number, field = fieldBytes): BodyLimits => ({
    bytes,
    fieldBytes: field,
    json: { depth: limits.jsonDepth, nodes, elements },
  });
  const picture = inBase64(limits.imageBytes);
  const { batchImages, batchItems, manifestEntries, vectorNumbers, filterBytes, plainBytes } = limits;
  const itemBytes = batchImages * (maxMetadataBytes + 4 * KiB);
  const batchValues = batchImages * itemValues + batchItems * otherValues;
  const kinds = {
    list: body(plainBytes, filterValues, filterValues),
    picture: body(plainBytes, otherValues, otherValues),
    item: body(picture + 2 * maxMetadataBytes, itemValues, maxMetadataValues),
    update: body(plainBytes + 2 * maxMetadataBytes, itemValues, maxMetadataValues),
    updates: body(itemBytes, batchValues, Math.max(batchItems, maxMetadataValues)),
    delete: body(batchItems * 4 * KiB + filterBytes, filterValues + batchItems, filterValues + batchItems),
    embedding: body(picture + plainBytes, otherValues, otherValues),
    facets: body(plainBytes + filterBytes, filterValues + facetValues, filterValues),
    comparison: body(limits.searchBytes, otherValues, otherValues),
    explanation: body(picture + plainBytes, otherValues, otherValues),
    searches: body(
      limits.searchBytes,
      limits.batchSearches * (vectorNumbers + otherValues) + filterValues + facetValues,
      Math.max(vectorNumbers, filterValues),
    ),
    search: body(
      Math.max(picture, vectorNumbers * numberBytes, limits.searchBytes) + filterBytes + plainBytes,
      vectorNumbers + filterValues + facetValues,
      Math.max(vectorNumbers, filterValues),
      Math.max(fieldBytes, vectorNumbers * numberBytes),
    ),
    vectors: body(limits.batchBytes, otherValues, otherValues),
    batch: body(limits.batchBytes, batchValues, Math.max(batchItems, maxMetadataValues), itemBytes),
    evaluation: body(
      limits.manifestBytes,
      4 * manifestEntries + 2 * filterValues,
      Math.max(manifestEntries, filterValues),
    ),
  };
  return { ...kinds, ...smallLimits(body(plainBytes, 1000, 1000)) };
}
