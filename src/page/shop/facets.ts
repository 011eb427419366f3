import type { AnswerOf } from 'snapshelf/client';
import { client } from '../api/client.ts';
import { useLoad } from '../parts/load.ts';
import { conditions, filterWithout, options } from './query.ts';

type Facet = AnswerOf<'getFacets'>['fields'][number];

/** The values of fields with their counts, by field. */
export type Facets = Readonly<Record<string, Facet>>;

/** Most values of a field that are offered to choose from. */
const mostOffered = 60;
/** Most fields that the server counts at once. */
const mostFields = 20;

/** Counts the values of fields among what passes the conditions; of a field with a condition, among what passes the others. */
async function countValues(
  collection: string,
  fields: readonly string[],
  signal: AbortSignal,
): Promise<Facets> {
  const { group } = options.peek();
  const conditioned = fields.filter((field) => field in conditions.peek());
  const free = fields.filter((field) => !conditioned.includes(field));
  const asked = [[undefined, free], ...conditioned.map((field) => [field, [field]] as const)] as const;
  const answers = asked.map(async ([left, counted]) => {
    if (counted.length === 0) return [];
    const query = {
      fields: counted.slice(0, mostFields).map((field) => ({ field, limit: mostOffered })),
      filter: filterWithout(left),
      group,
    };
    return (await client.getFacets(collection, query, { signal })).fields;
  });
  return Object.fromEntries((await Promise.all(answers)).flat().map((facet) => [facet.field, facet]));
}

/** Returns the values of fields with their counts, which follow the filter; those that are not known yet are not there. */
export function useFacets(collection: string, fields: readonly string[]): Facets {
  const asked = [collection, options.value.group, JSON.stringify(conditions.value), fields.join(' ')];
  return useLoad((signal) => countValues(collection, fields, signal), asked).value ?? {};
}
