import { createHash } from 'node:crypto';
import { z } from 'zod';
import { withChecksum, withoutChecksum } from '../../json/index.ts';
import { webhookEvent } from './webhook-event.ts';

const time = z.iso.datetime();
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** Milliseconds from each try to the next, as Standard Webhooks advises: 8 tries in 28 hours. */
const waits = [5 * second, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 10 * hour];
/** Most tries of a delivery. */
const maxTries: number = waits.length + 1;
/** Most milliseconds that a receiver may ask to be left alone. */
const longestWait = 24 * hour;
/** Tries that are kept of a delivery that was asked for again and again. */
const keptTries = 20;

const attempt = z.strictObject({
  at: time,
  ms: z.number().min(0),
  status: z.int().nullable().describe('The status that the receiver answered.'),
  error: z.string().nullable().describe('Why there was no answer.'),
});

/** The fields of a delivery. */
export const deliveryFields = {
  id: z.string().regex(/^[0-9a-f]{24}$/),
  message: z.string().max(100).describe('The `webhook-id` of its requests, the same in each try.'),
  state: z.enum(['pending', 'delivered', 'failed']),
  tries: z.int().min(0).describe('Tries since it was last asked for.'),
  attempts: z.array(attempt).max(keptTries).describe('The last tries, the oldest first.'),
  createdAt: time,
  nextAt: time.nullable().describe('When it is tried next; null if it is not.'),
  why: z.string().nullable().describe('Why it was given up.'),
};

/** The schema of a delivery: of one event to one webhook. */
const deliverySchema = z.strictObject({
  ...deliveryFields,
  webhook: z.string().regex(/^[0-9a-f]{12}$/),
  event: webhookEvent,
});

/** An event on its way to a webhook. */
export type Delivery = z.output<typeof deliverySchema>;

/** Returns the text of a delivery as it is kept, with its checksum: what was damaged must not be sent. */
export const textOf = (delivery: Delivery): string => `${JSON.stringify(withChecksum(delivery))}\n`;

/** Reads a delivery as it is kept; those of earlier versions have no checksum. @throws Error if it is none, or damaged. */
export const readDelivery = (text: string): Delivery =>
  deliverySchema.parse(withoutChecksum(JSON.parse(text)));

/** The outcome of a try. */
export interface Outcome {
  readonly at: number;
  readonly ms: number;
  readonly status: number | null;
  readonly error: string | null;
  /** The header `Retry-After`. */
  readonly retryAfter?: string | undefined;
}

const timeAt = (ms: number): string => new Date(ms).toISOString();

/** Makes the delivery of an event. The same event to the same webhook has the same id. */
export function newDelivery(
  {
    message,
    event,
    now,
  }: { readonly message: string; readonly event: Delivery['event']; readonly now: number },
  webhook: string,
): Delivery {
  const id = createHash('sha256').update(`${message} ${webhook}`).digest('hex').slice(0, 24);
  const at = timeAt(now);
  const none = { tries: 0, attempts: [], why: null };
  return { id, message, webhook, event, state: 'pending', createdAt: at, nextAt: at, ...none };
}

/** Puts a delivery that is over in the queue again. */
export const again = (delivery: Delivery, now: number): Delivery => ({
  ...delivery,
  state: 'pending',
  tries: 0,
  nextAt: timeAt(now),
  why: null,
});

/** Ends a delivery that is not tried any more. */
export const giveUp = (delivery: Delivery, why: string): Delivery => ({
  ...delivery,
  state: 'failed',
  nextAt: null,
  why,
});

function retryAfterMs(text: string | undefined, now: number): number {
  if (text === undefined) return 0;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * second : Date.parse(text) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), longestWait) : 0;
}

/** Returns a delivery after a try: delivered, to be tried later, or given up. */
export function afterTry(delivery: Delivery, outcome: Outcome, chance: () => number): Delivery {
  const { at, ms, status, error, retryAfter } = outcome;
  const attempts = [...delivery.attempts, { at: timeAt(at), ms, status, error }].slice(-keptTries);
  const tries = delivery.tries + 1;
  const tried = { ...delivery, tries, attempts };
  if (status !== null && status >= 200 && status < 300) return { ...tried, state: 'delivered', nextAt: null };
  if (status === 410) return giveUp(tried, 'The receiver answered 410: it is gone.');
  const wait = waits[tries - 1];
  if (wait === undefined) return giveUp(tried, `It was tried ${maxTries} times.`);
  // Not all receivers that were away at once are asked again at once.
  const later = Math.max(wait * (1 + chance() / 5), retryAfterMs(retryAfter, at + ms));
  return { ...tried, nextAt: timeAt(at + ms + later) };
}

/**
 * Returns the milliseconds until a delivery is due. A clock that was set back does not put it off beyond the wait that it has.
 */
export function dueIn({ nextAt, tries }: Delivery, now: number): number {
  const left = Date.parse(nextAt ?? '') - now;
  return Math.min(left, tries === 0 ? 0 : longestWait);
}
