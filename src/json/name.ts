import { z } from 'zod';
import { takes } from './json-form.ts';

/**
 * Returns the schema of an id or a label: what `text` takes, or a whole number, which becomes its digits as in manifests.
 * Longer numbers than JavaScript can hold are texts by then.
 */
export const name = (text: z.ZodType<string, string>): z.ZodType<string, string | number> =>
  takes(
    z.preprocess((value) => (Number.isSafeInteger(value) ? String(value) : value), text),
    (schemaOf) => ({ ...schemaOf(text), type: ['string', 'integer'] }),
  );
