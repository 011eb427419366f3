import { InvalidArgumentError } from 'commander';
import type { Facet, FacetField, FacetsAnswer } from '../engine/index.ts';

/** Parses `metadata.brand`, `metadata.brand:limit=5` or `metadata.price:ranges=4`, and adds it to those given before. @throws InvalidArgumentError. */
export function facetField(text: string, previous: readonly FacetField[]): FacetField[] {
  const [, field, what, number] = /^(.+?)(?::(limit|ranges)=(\d+))?$/.exec(text) ?? [];
  if (field === undefined || /:(limit|ranges)(=|$)/.test(field))
    throw new InvalidArgumentError('Expected FIELD, FIELD:limit=N or FIELD:ranges=N.');
  return [...previous, { field, ...(what !== undefined && { [what]: Number(number) }) }];
}

function lineOf({ field, values, ranges, others, missing }: Facet): string {
  const counts =
    ranges?.map(({ from, to, count }) => `${from ?? ''} .. ${to ?? ''} (${count})`) ??
    values.map(({ value, count }) => `${value} (${count})`);
  if (others > 0) counts.push(`${others} more ${others === 1 ? 'value' : 'values'}`);
  if (missing > 0) counts.push(`no ${ranges === undefined ? 'value' : 'number'} (${missing})`);
  return `${field}: ${counts.length === 0 ? 'nothing to count' : counts.join(', ')}`;
}

/** Prints the counts of each field. */
export function printFacets({ fields, total }: FacetsAnswer, group: 'product' | 'item'): void {
  console.log(`of ${total} ${group}${total === 1 ? '' : 's'}:`);
  for (const facet of fields) console.log(`  ${lineOf(facet)}`);
}
