import { z } from 'zod';

const whole = z.int().optional();
const text = z.string().optional();
const any = z.unknown().optional();

/** The data of errors besides their text, each only where it belongs. A problem has no other: what is missing here is not sent. */
export const problemDetails = {
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
  fields: z.array(z.string()).optional().describe('The settings that differ.'),
  line: whole,
  limit: any.describe('The limit that was exceeded.'),
  max: any,
  given: any.describe('What was sent.'),
  expected: any.describe('What would fit.'),
  maxBytes: whole,
  bytes: whole,
  leastBytes: whole,
  seconds: z.number().optional(),
  maxCollections: whole,
  found: any,
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
