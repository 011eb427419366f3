import { z } from 'zod';
import { type ErrorCode, errorCatalogue } from '../../errors.ts';
import type { Problem } from '../http/problem.ts';

/** The schema of an error's code. */
export const errorCode = z.enum(Object.keys(errorCatalogue) as [ErrorCode, ...ErrorCode[]]);
const whole = z.int().optional();
const text = z.string().optional();
const any = z.unknown().optional();

/** Data of errors besides their text, each only where it belongs. */
const details = {
  errors: z
    .array(z.strictObject({ field: z.string(), message: z.string() }))
    .optional()
    .describe('The fields that were refused, at most 20.'),
  retryAfterSeconds: whole.describe('Seconds to wait before another try.'),
  unitsPerMinute: whole.describe('What this client may spend.'),
  needed: any.describe('The level, or the bytes, that would be needed.'),
  allowed: text.describe('The level that the request has.'),
  allow: z.array(z.string()).optional().describe('The methods of the route.'),
  ready: z.boolean().optional(),
  models: z.array(z.strictObject({ id: z.string(), name: z.string() })).optional(),
  collection: text,
  id: text.describe('The id of an item.'),
  field: text,
  line: whole,
  limit: any.describe('The limit that was exceeded.'),
  max: any,
  given: any.describe('What was sent.'),
  expected: any.describe('What would fit.'),
  maxBytes: whole,
  bytes: whole,
  maxPixels: whole,
  width: any,
  height: any,
  timeoutSeconds: z.number().optional(),
  crop: any,
  metric: text,
  output: text,
  collectionModel: text,
  givenModel: text,
  file: text,
  why: text,
  free: z.number().optional(),
  missing: whole,
  items: whole,
};

/** The schema of a problem: RFC 9457 with the stable code. */
export const problemSchema: z.ZodType<Problem> = z
  .strictObject({
    type: z.string().describe('`urn:snapshelf:error:` and the code.'),
    title: z.string().describe('What the code means.'),
    status: z.int().min(400).max(599),
    detail: z.string().describe('What happened, and what to do.'),
    code: errorCode.describe('Decide by this.'),
    instance: text.describe('The id of the request.'),
    ...details,
  })
  .meta({ id: 'Problem' });
