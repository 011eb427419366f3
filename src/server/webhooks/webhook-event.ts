import { z } from 'zod';
import { problemSchema } from '../operations/problem-schema.ts';

const count = z.int().min(0);
const collection = z.string();
const error = problemSchema.optional();
/** A job that the end of the server has cut short is `interrupted`. */
const jobState = z.enum(['done', 'failed', 'cancelled', 'interrupted']);

/** The data of each type of event. */
const dataOf = {
  'import.finished': z.strictObject({
    collection,
    added: count,
    replaced: count.describe('Items that were there and differed.'),
    unchanged: count,
    removed: count,
    failed: count.describe('Pictures that were not stored.'),
  }),
  'reindex.finished': z.strictObject({ collection, state: jobState, done: count, total: count, error }),
  'evaluation.finished': z.strictObject({
    collection,
    evaluation: z.uuid().describe('Its id.'),
    state: z.enum(['done', 'failed', 'cancelled']),
    figures: z.record(z.string(), z.record(z.string(), z.number())).optional(),
    error,
  }),
  'duplicates.finished': z.strictObject({
    collection,
    state: jobState,
    done: count.describe('Items that were looked at.'),
    total: count,
    groups: count,
    members: count.describe('Items of all groups.'),
    error,
  }),
  'webhook.test': z.strictObject({ collection: z.null() }),
} as const;

const event = <T extends keyof typeof dataOf>(type: T) =>
  z.strictObject({
    type: z.literal(type),
    timestamp: z.iso.datetime().describe('When it happened.'),
    data: dataOf[type],
  });

/** The schema of the body of a webhook. */
export const webhookEvent = z
  .discriminatedUnion('type', [
    event('import.finished'),
    event('reindex.finished'),
    event('evaluation.finished'),
    event('duplicates.finished'),
    event('webhook.test'),
  ])
  .meta({ id: 'WebhookEvent' });

/** The body of a webhook: its type, when it happened, and what. */
export type WebhookEvent = z.infer<typeof webhookEvent>;
/** The data of an event of a type. */
export type EventData<T extends WebhookEvent['type']> = Extract<WebhookEvent, { type: T }>['data'];

/** The types of events that webhooks are registered for. */
export const eventTypes = [
  'import.finished',
  'reindex.finished',
  'evaluation.finished',
  'duplicates.finished',
] as const satisfies WebhookEvent['type'][];

/** A type of event that webhooks are registered for. */
export type EventType = (typeof eventTypes)[number];
