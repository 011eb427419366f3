import { fieldOf, type SortField, sortKeysOf } from '../../engine/index.ts';
import { distanceFrom, squaredNorm } from '../../vectors/index.ts';
import type { Client } from './connection.ts';
import { Parameters } from './filter-sql.ts';
import { type ItemRow, itemColumns, itemOf } from './item-rows.ts';
import type { Place } from './ranking.ts';
import { comparison, type Space } from './tables.ts';
import { vectorBytes, vectorOf } from './vector-bytes.ts';

/** A query of the items of a collection that a filter lets through. */
export interface Query {
  readonly client: Client;
  readonly items: string;
  readonly vectors: string;
  readonly space: Space;
  readonly vector: Float32Array;
  readonly sort: readonly SortField[];
  /** Adds the filter's condition on rows `i`, with its values; `true` for none. */
  readonly filter: (parameters: Parameters) => Promise<string>;
}

/** Candidates with their distances in float64. */
export interface Candidates {
  readonly places: Place[];
  /** True if nothing is farther than these, so that they are all. */
  readonly isComplete: boolean;
  /** All that are nearer than this are among the candidates. */
  readonly horizon: number;
}

/** Vectors of which pgvector cannot tell the distance, up to which an index search looks at them besides. */
const maxOdd = 1000;

interface CandidateRow extends ItemRow {
  /** The distance as pgvector has it, of what was scanned; the rank of what the index names. */
  readonly at: number;
  readonly vector: Buffer;
}

/** The vector that pgvector compares: under cosine one of length 1, so that nothing leaves the range of float32. */
function queryBytes({ vector, space }: Query): Buffer {
  const norm = Math.sqrt(squaredNorm(vector));
  return vectorBytes(space.metric === 'cosine' && norm > 0 ? vector.map((value) => value / norm) : vector);
}

/** The most that a distance of pgvector, which adds in float32, may be off. */
function errorOf({ space }: Query, distance: number): number {
  const rounding = (space.dimension + 8) * 2 ** -23;
  return space.metric === 'cosine' ? rounding : rounding * distance + 1e-15;
}

/** True if all distances are 1: those from a zero vector. */
const isZero = ({ vector, space }: Query): boolean => space.metric === 'cosine' && squaredNorm(vector) === 0;

/** The distance as an expression that no index is made of, so that every row is compared; below all others for odd vectors. */
function scanDistance(query: Query, parameters: Parameters): string {
  if (isZero(query)) return "'1'::float8";
  const { operator } = comparison(query.space);
  const target = `${parameters.add(queryBytes(query))}::vector`;
  return `CASE WHEN v.odd THEN -1 ELSE (v.vector ${operator} ${target}) END`;
}

/** The columns of candidates `near`, with their rows and vectors. */
const outer = ({ items, vectors, sort }: Query, near: string, withVector = true): string => `
  SELECT near.at, ${withVector ? 'vector_send(v.vector)' : "''::bytea"} AS vector,
    ${sort.length === 0 ? 'i.sequence, i.id, i.product_id' : itemColumns}
  FROM (${near}) near JOIN ${vectors} v USING (sequence) JOIN ${items} i USING (sequence)`;

function placesOf(query: Query, rows: readonly CandidateRow[]): Place[] {
  const { vector, space, sort } = query;
  const measure = distanceFrom(vector, space);
  const fields = sort.map(({ field }) => fieldOf(field));
  const isOne = isZero(query);
  return rows.map((row) => ({
    sequence: row.sequence,
    id: row.id,
    productId: row.product_id,
    distance: isOne ? 1 : measure(vectorOf(row.vector), 0),
    keys: fields.length === 0 ? [] : sortKeysOf(itemOf(row), fields),
  }));
}

/** Compares with every row; returns the `n` nearest, of those that are at least at the distance `from`. */
export async function scanNearest(query: Query, n: number, from?: number): Promise<Candidates> {
  const parameters = new Parameters();
  const distance = scanDistance(query, parameters);
  const condition = await query.filter(parameters);
  const bound =
    from === undefined
      ? ''
      : `AND (v.odd OR ${distance} >= ${parameters.add(from - errorOf(query, from))}::float8)`;
  const near = `SELECT v.sequence, ${distance} AS at FROM ${query.vectors} v JOIN ${query.items} i USING (sequence)
    WHERE ${condition} ${bound} ORDER BY 2 LIMIT ${parameters.add(n)}::bigint`;
  const { rows } = await query.client.query<CandidateRow>(
    outer(query, near, !isZero(query)),
    parameters.values,
  );
  const isComplete = rows.length < n;
  const farthest = rows.reduce((most, row) => Math.max(most, row.at), -1);
  const horizon =
    farthest === -1 || !Number.isFinite(farthest)
      ? Number.NEGATIVE_INFINITY
      : farthest - errorOf(query, farthest);
  return {
    places: placesOf(query, rows),
    isComplete,
    horizon: isComplete ? Number.POSITIVE_INFINITY : horizon,
  };
}

/** Candidates of the index. */
export interface IndexCandidates {
  readonly places: Place[];
  /** The place of each that the index has, from 1, among all that it names, with those that the filter keeps out; rising. */
  readonly ranks: readonly number[];
}

/**
 * Asks the index for the `n` nearest that the filter lets through, of the `looked` nearest of all: the filter is not seen by the index, so
 * that its ranks tell what it keeps out. Returns undefined where there are fewer, or too many vectors that it does not hold.
 */
export async function indexNearest(
  query: Query,
  { n, looked, ef }: { readonly n: number; readonly looked: number; readonly ef: number },
): Promise<IndexCandidates | undefined> {
  const { client, space, items, vectors } = query;
  if (isZero(query)) return undefined;
  await client.query(`SET LOCAL hnsw.ef_search = ${Math.min(1000, Math.max(1, ef))}; SET LOCAL hnsw.iterative_scan = strict_order;
    SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off`);
  const parameters = new Parameters();
  const { operator, cast } = comparison(space);
  const target = `${parameters.add(queryBytes(query))}::vector${cast}`;
  const condition = await query.filter(parameters);
  // Asked of one candidate after the other, in their order: no more are taken from the index than it takes to have n.
  const passes =
    condition === 'true'
      ? ''
      : `WHERE (SELECT ${condition} FROM ${items} i WHERE i.sequence = ranked.sequence)`;
  const near = `SELECT sequence, at FROM (
      SELECT sequence, row_number() OVER () AS at FROM (
        SELECT v.sequence FROM ${vectors} v ORDER BY v.vector${cast} ${operator} ${target} LIMIT ${parameters.add(looked)}::bigint
      ) nearest) ranked ${passes} LIMIT ${parameters.add(n)}::bigint`;
  const { rows } = await client.query<CandidateRow>(outer(query, near), parameters.values);
  await client.query(
    'SET LOCAL enable_seqscan = on; SET LOCAL enable_sort = on; SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on',
  );
  const odd = await oddCandidates(query);
  if (rows.length < n || odd === undefined) return undefined;
  // Some odd ones may stand in the index too.
  const all = new Map([...rows, ...odd].map((row) => [row.sequence, row]));
  const ranks = rows.map((row) => row.at).sort((a, b) => a - b);
  return { places: placesOf(query, [...all.values()]), ranks };
}

async function oddCandidates(query: Query): Promise<CandidateRow[] | undefined> {
  const parameters = new Parameters();
  const condition = await query.filter(parameters);
  const near = `SELECT v.sequence, 0 AS at FROM ${query.vectors} v JOIN ${query.items} i USING (sequence)
    WHERE v.odd AND ${condition} LIMIT ${maxOdd + 1}`;
  const { rows } = await query.client.query<CandidateRow>(outer(query, near), parameters.values);
  return rows.length > maxOdd ? undefined : rows;
}

/** Reads the items of products that may come no later than a distance. */
export async function itemsOfProducts(
  query: Query,
  products: readonly string[],
  to: number,
): Promise<Place[]> {
  const parameters = new Parameters();
  const distance = scanDistance(query, parameters);
  const condition = await query.filter(parameters);
  const near = `SELECT v.sequence, ${distance} AS at FROM ${query.vectors} v JOIN ${query.items} i USING (sequence)
    WHERE i.product_id = ANY(${parameters.add(products)}::text[]) AND ${condition}
      AND ${distance} <= ${parameters.add(to + errorOf(query, to))}::float8`;
  const { rows } = await query.client.query<CandidateRow>(outer(query, near), parameters.values);
  return placesOf(query, rows);
}

/** Counts the items that the filter lets through. */
export async function countItems(query: Query): Promise<number> {
  const parameters = new Parameters();
  const condition = await query.filter(parameters);
  const sql = `SELECT count(*) AS count FROM ${query.items} i WHERE ${condition}`;
  const { rows } = await query.client.query<{ count: number }>(sql, parameters.values);
  return rows[0]?.count ?? 0;
}

/** Reads the products of items, by their sequence numbers. */
export async function productsOf(
  { client, items }: Query,
  sequences: readonly number[],
): Promise<Set<string>> {
  if (sequences.length === 0) return new Set();
  const sql = `SELECT DISTINCT product_id FROM ${items} WHERE sequence = ANY($1)`;
  const { rows } = await client.query<{ product_id: string }>(sql, [sequences]);
  return new Set(rows.map(({ product_id }) => product_id));
}
