import { z } from 'zod';
import { isName } from '../../engine/index.ts';
import type { JobMeasures } from '../../eval/index.ts';
// Not from the room's index: the parser threads need neither a runtime nor a database.
import { requestOptions } from '../../eval/jobs/job-request.ts';
import { type Problem, publicProblem } from '../http/problem.ts';

const progress = z.strictObject({ stage: z.string().max(100), done: z.number(), total: z.number() });
const error = z
  .object({ type: z.string(), title: z.string(), status: z.int(), detail: z.string(), code: z.string() })
  .transform((problem) => publicProblem(problem as unknown as Problem));

/** The fields of a job in every state. */
const identity = {
  id: z.uuid(),
  collection: z.string().refine(isName, 'Expected the name of a collection'),
  createdAt: z.iso.datetime(),
  progress: progress.nullable(),
};

/** The fields of each state. */
const states = {
  queued: { state: z.literal('queued') },
  running: { state: z.literal('running') },
  done: {
    state: z.literal('done'),
    /** Means of the headline, by metric and name. */
    figures: z.record(z.string().max(100), z.record(z.string().max(100), z.number())).optional(),
  },
  failed: { state: z.literal('failed'), error: error.optional() },
  cancelled: { state: z.literal('cancelled') },
};

/**
 * Makes the schema of a job in each of its states.
 * @param fields Further fields.
 */
export const jobSchema = <T extends z.ZodRawShape>(fields: T) =>
  z.discriminatedUnion('state', [
    z.strictObject({ ...fields, ...identity, ...states.queued }),
    z.strictObject({ ...fields, ...identity, ...states.running }),
    z.strictObject({ ...fields, ...identity, ...states.done }),
    z.strictObject({ ...fields, ...identity, ...states.failed }),
    z.strictObject({ ...fields, ...identity, ...states.cancelled }),
  ]);

const manifestEntries = z.int().min(0).max(100_000_000).optional();
/** The schema of a job. Its request has the number of entries of the manifest in place of filters and manifest. */
export const summarySchema = jobSchema({ request: requestOptions.extend({ manifestEntries }) });

/** The summary of an evaluation, which is kept in memory and in its `job.json`. Its fields depend on its `state`. */
export type EvaluationSummary = z.infer<typeof summarySchema>;
type InState<S extends EvaluationSummary['state']> = Extract<EvaluationSummary, { state: S }>;
/** A job that waits for its turn. */
export type QueuedJob = InState<'queued'>;
/** A job whose process runs. */
export type RunningJob = InState<'running'>;
/** A job that failed. */
export type FailedJob = InState<'failed'>;

type FinalState = 'done' | 'failed' | 'cancelled';
const finalStates: readonly string[] = ['done', 'failed', 'cancelled'] satisfies FinalState[];

/** True if a job has come to its end. */
export const isOver = <T extends { readonly state: string }>(
  job: T,
): job is Extract<T, { state: FinalState }> => finalStates.includes(job.state);

type Identity = Pick<EvaluationSummary, 'id' | 'collection' | 'request' | 'createdAt'>;
const inState = <const S>({ id, collection, request, createdAt }: Identity, state: S) => ({
  id,
  collection,
  request,
  createdAt,
  ...state,
});

// The transitions: queued → running → done, failed or cancelled; queued → cancelled; running → queued after a restart.

/** Makes a job wait, from its start or after a restart. */
export const queue = (one: Identity | QueuedJob | RunningJob): QueuedJob =>
  inState(one, { state: 'queued', progress: null });

/** Starts a job. */
export const begin = (one: QueuedJob): RunningJob => inState(one, { state: 'running', progress: null });

/** Finishes a job with its headline measures. */
export const finish = (one: RunningJob, figures: JobMeasures): InState<'done'> =>
  inState(one, { state: 'done', progress: one.progress, figures });

/** Ends a job with an error. */
export const fail = (one: RunningJob, problem: Problem): FailedJob =>
  inState(one, { state: 'failed', progress: one.progress, error: problem });

/** Ends a job that nobody wants any more. */
export const cancel = (one: QueuedJob | RunningJob): InState<'cancelled'> =>
  inState(one, { state: 'cancelled', progress: null });
