import { z } from 'zod';

/** The schema of the file of an answer that is kept. */
export const keptAnswerSchema = z.strictObject({
  /** Milliseconds since 1970. */
  at: z.number(),
  /** SHA-256 of the request. */
  request: z.string().regex(/^[0-9a-f]{64}$/),
  status: z.int().min(200).max(299),
  location: z.string().optional(),
  /** The body as it was sent, JSON. */
  body: z.string(),
});

/** An answer that is kept. */
export type KeptAnswer = z.infer<typeof keptAnswerSchema>;
