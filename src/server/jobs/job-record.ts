import { z } from 'zod';
import { type Problem, publicProblem } from '../http/problem.ts';
import { problemSchema } from '../operations/problem-schema.ts';

/** The states of a job. Only one that is `running` may change. */
const states = ['running', 'done', 'failed', 'cancelled'] as const;

/** The schema of the record of a job whose options and numbers have these schemas. */
export const jobRecordSchema = <O extends z.ZodType, N extends z.ZodType>(options: O, numbers: N) =>
  z.strictObject({
    formatVersion: z.literal(1),
    id: z.uuid(),
    collection: z.string().max(64),
    /** The creation of its collection: a later one may have its name. */
    createdAt: z.string().max(64),
    startedAt: z.iso.datetime(),
    /** Servers that have begun to work on it. */
    begun: z.int().min(1),
    state: z.enum(states),
    options,
    numbers: numbers.nullable(),
    error: problemSchema.transform((problem) => publicProblem(problem as unknown as Problem)).optional(),
  });

/** A job as servers keep it. */
export interface JobRecord<O, N> {
  readonly formatVersion: 1;
  readonly id: string;
  readonly collection: string;
  readonly createdAt: string;
  readonly startedAt: string;
  readonly begun: number;
  readonly state: (typeof states)[number];
  readonly options: O;
  /** The progress that it last told. */
  readonly numbers: N | null;
  readonly error?: Problem | undefined;
}
