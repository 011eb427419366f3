import { z } from 'zod';
import { maxFacetRanges, maxFacets, maxFacetValues } from '../../engine/index.ts';
import { list, takes } from '../../json/index.ts';
import { fieldReference } from './forms.ts';

const bounds = list(z.number(), { min: 1, max: maxFacetRanges }).refine(
  (all) => all.every((bound, i) => bound > (all[i - 1] ?? Number.NEGATIVE_INFINITY)),
  'Expected rising bounds',
);

const facetField = z.strictObject({
  field: takes(z.string().max(8192), () => fieldReference).describe('The field, named as in a filter.'),
  limit: z
    .int()
    .min(1)
    .max(maxFacetValues)
    .optional()
    .describe('Values to name, the most frequent first. Default 10.'),
  ranges: z
    .union([z.int().min(1).max(maxFacetRanges), bounds])
    .optional()
    .describe(
      'Counts numbers by range instead of by value: how many ranges to make, or the rising bounds between them.',
    ),
});

/** The schema of the fields whose values are counted. */
export const facetFields = list(facetField, { min: 1, max: maxFacets });

/** The schema of the counts that a search asks for. */
export const searchFacets = z.strictObject({
  fields: facetFields.describe('The fields whose values are counted.'),
  nearest: z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe('Counts the first so many answers. Default: all that pass the filter, near or not.'),
});
