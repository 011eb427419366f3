import { z } from 'zod';
import type { Filter } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
// Not from the rooms' indexes: the parser threads need neither a runtime nor a database.
import { evaluationRequest, manifestEntry } from '../../eval/jobs/job-request.ts';
import { list, takes } from '../../json/index.ts';
import { filterReference } from './forms.ts';
import type { Limits } from './limits.ts';
import { manifestOf } from './manifest.ts';

/** Makes the schema of a filter. It only bounds the size: the gallery checks filters itself, because its errors name the part that is wrong. */
export const filterOf = ({ filterBytes }: Limits) =>
  takes(
    z
      .custom<Filter>((value) => typeof value === 'object' && value !== null, 'Expected an object')
      .refine(
        (value) => Buffer.byteLength(JSON.stringify(value)) <= filterBytes,
        `Expected a filter of at most ${filterBytes} bytes of JSON`,
      ),
    () => filterReference,
  );

/** The schema beside a field that is for `splitLoss`. */
const ofSplitLoss = { properties: { splitLoss: { const: true } }, required: ['splitLoss'] };

/** Makes the schema of the request of an evaluation. Its manifest leaves as bytes, never as objects. */
export function evaluationOf(limits: Limits) {
  const filter = filterOf(limits).optional();
  const entries = list(manifestEntry(limits.labelCharacters), { min: 1, max: limits.manifestEntries });
  return evaluationRequest
    .extend({
      query: filter,
      gallery: filter,
      filter: filter.describe('With splitLoss: the filter that users search with.'),
      manifest: entries.optional(),
    })
    .meta({
      dependentSchemas: {
        manifest: { properties: { query: false, gallery: false } },
        filter: ofSplitLoss,
        reference: ofSplitLoss,
      },
    })
    .transform(({ manifest, ...request }) => {
      if (request.splitLoss !== true && (request.filter ?? request.reference) !== undefined)
        throw new SnapshelfError(
          'request-invalid',
          'The fields filter and reference are for splitLoss. Set it to true, or leave them out.',
        );
      if (manifest === undefined) return { request };
      if ((request.query ?? request.gallery) !== undefined)
        throw new SnapshelfError('request-invalid', 'Give either a manifest or filters, not both.');
      return { request, manifest: manifestOf(manifest) };
    });
}
