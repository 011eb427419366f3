import {
  boundsFor,
  checkFacetsOptions,
  type Facet,
  type FacetField,
  type FacetsAnswer,
  type FacetsOptions,
  type FacetValue,
  fieldOf,
  rangesBetween,
} from '../../engine/index.ts';
import type { Client } from './connection.ts';
import { filterSql, Parameters, valueSql } from './filter-sql.ts';
import { search } from './postgres-search.ts';
import type { ScanLimits } from './scan-limits.ts';
import { originalText } from './stored-text.ts';
import { type CollectionRow, fieldTypes, tablesOf } from './tables.ts';

/** Characters of the longest text that is named. */
const maxText = 4096;

/** The items that are counted, as a query of `owner` (what is counted once) and, of one field, `value`. */
type Counted = (parameters: Parameters, field?: string) => Promise<string>;

/** Counts values of fields in a transaction that reads; see `Engine.facets`. */
export async function countFacets(
  client: Client,
  collection: CollectionRow,
  options: FacetsOptions,
  limits: ScanLimits,
): Promise<FacetsAnswer> {
  checkFacetsOptions(options);
  const { fields, filter, group = 'product', near } = options;
  for (const { field } of fields) fieldOf(field);
  const { items } = tablesOf(collection);
  const types = await fieldTypes(client, collection);
  const nearest = near === undefined ? undefined : await nearestOf(client, collection, options, limits);
  // An answer of a search stands for its product.
  const owner = group === 'product' && near === undefined ? 'i.product_id' : 'i.sequence';
  const counted: Counted = async (parameters, name) => {
    const field = name === undefined ? undefined : fieldOf(name);
    const value =
      field === undefined
        ? ''
        : `, ${'own' in field ? `to_jsonb(${valueSql(field, parameters)})` : valueSql(field, parameters)} AS value`;
    const condition =
      nearest === undefined
        ? await filterSql(client, filter, { items, types, parameters })
        : `i.sequence = ANY(${parameters.add(nearest)}::bigint[])`;
    return `SELECT ${owner} AS owner${value} FROM ${items} i WHERE ${condition}`;
  };
  const parameters = new Parameters();
  const sql = `SELECT count(DISTINCT owner) AS total FROM (${await counted(parameters)}) counted`;
  const { rows } = await client.query<{ total: number }>(sql, parameters.values);
  const total = rows[0]?.total ?? 0;
  const answers: Facet[] = [];
  for (const field of fields)
    answers.push(
      field.ranges === undefined
        ? await countValues(client, counted, field, total)
        : await countRanges(client, counted, field, total),
    );
  return { fields: answers, total };
}

async function nearestOf(
  client: Client,
  collection: CollectionRow,
  { near, filter, group }: FacetsOptions,
  limits: ScanLimits,
): Promise<number[]> {
  const { vector = new Float32Array(), k = 0, ...others } = near ?? {};
  const found: number[] = [];
  // A page of a search ends early where its metadata is large.
  for (let after: string | undefined; ; ) {
    const page = await search(
      client,
      collection,
      vector,
      { ...others, k: k - found.length, filter, group, after },
      limits,
    );
    found.push(...page.hits.map(({ item }) => item.sequence));
    if (page.next === null || found.length >= k) return found;
    after = page.next;
  }
}

const scalars = "('string', 'number', 'boolean')";

async function countValues(
  client: Client,
  counted: Counted,
  { field, limit = 10 }: FacetField,
  total: number,
): Promise<Facet> {
  const parameters = new Parameters();
  const sql = `WITH counted AS (${await counted(parameters, field)}),
    singles AS (SELECT DISTINCT owner, one FROM counted CROSS JOIN LATERAL (
      SELECT value AS one WHERE jsonb_typeof(value) IN ${scalars}
      UNION ALL SELECT element.one FROM jsonb_array_elements(CASE jsonb_typeof(value) WHEN 'array' THEN value ELSE '[]' END)
        AS element(one) WHERE jsonb_typeof(element.one) IN ${scalars}) each_value),
    counts AS (SELECT one, count(*) AS n FROM singles GROUP BY one),
    named AS (SELECT one, n FROM counts WHERE jsonb_typeof(one) <> 'string' OR char_length(one #>> '{}') <= ${maxText}
      ORDER BY n DESC, CASE jsonb_typeof(one) WHEN 'boolean' THEN 0 WHEN 'number' THEN 1 ELSE 2 END,
        CASE jsonb_typeof(one) WHEN 'number' THEN (one #>> '{}')::numeric END, (one #>> '{}') COLLATE "C"
      LIMIT ${parameters.add(limit)}::bigint)
    SELECT (SELECT count(*) FROM counts) AS different, (SELECT count(DISTINCT owner) FROM singles) AS have,
      (SELECT coalesce(json_agg(json_build_array(one, n)), '[]') FROM named) AS named`;
  const { rows } = await client.query<{
    different: number;
    have: number;
    named: [value: FacetValue['value'], count: number][];
  }>(sql, parameters.values);
  const { different = 0, have = 0, named = [] } = rows[0] ?? {};
  const values = named.map(([value, count]) => ({
    value: typeof value === 'string' ? originalText(value) : value,
    count,
  }));
  return { field, values, others: different - values.length, missing: total - have };
}

async function countRanges(
  client: Client,
  counted: Counted,
  { field, ranges = [] }: FacetField,
  total: number,
): Promise<Facet> {
  const bounds =
    typeof ranges === 'number'
      ? boundsFor(await extentOf(client, counted, field), ranges)
      : [Number.NEGATIVE_INFINITY, ...ranges, Number.POSITIVE_INFINITY];
  if (bounds.length === 0) return { field, values: [], others: 0, ranges: [], missing: total };
  const parameters = new Parameters();
  const limits = bounds.filter(Number.isFinite).map(String);
  const bucket = limits.length === 0 ? '0' : `width_bucket(number, ${parameters.add(limits)}::numeric[])`;
  const sql = `WITH found AS MATERIALIZED (SELECT owner, ${bucket} AS bucket
      FROM (${await numbersOf(counted, parameters, field)}) numbers)
    SELECT bucket, count(DISTINCT owner) AS n, (SELECT count(DISTINCT owner) FROM found) AS have FROM found GROUP BY bucket`;
  const { rows } = await client.query<{ bucket: number; n: number; have: number }>(sql, parameters.values);
  const counts = new Map(rows.map(({ bucket: at, n }) => [Number(at), n]));
  // The first bucket is what lies below the first finite bound.
  const first = Number.isFinite(bounds[0]) ? 1 : 0;
  const found = rangesBetween(bounds).map((range, i) => ({ ...range, count: counts.get(i + first) ?? 0 }));
  return { field, values: [], others: 0, ranges: found, missing: total - (rows[0]?.have ?? 0) };
}

const numbersOf = async (counted: Counted, parameters: Parameters, field: string): Promise<string> =>
  `SELECT owner, CASE jsonb_typeof(value) WHEN 'number' THEN (value #>> '{}')::numeric END AS number
    FROM (${await counted(parameters, field)}) counted WHERE jsonb_typeof(value) = 'number'`;

async function extentOf(
  client: Client,
  counted: Counted,
  field: string,
): Promise<readonly [smallest: number, largest: number] | undefined> {
  const parameters = new Parameters();
  const sql = `SELECT min(number) AS low, max(number) AS high FROM (${await numbersOf(counted, parameters, field)}) numbers`;
  const { rows } = await client.query<{ low: string | null; high: string | null }>(sql, parameters.values);
  const { low = null, high = null } = rows[0] ?? {};
  return low === null || high === null ? undefined : [Number(low), Number(high)];
}
