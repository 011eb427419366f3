import type { Logger } from '../../log.ts';
import type { MessageSender } from '../../remote/index.ts';
import { toSnapshelfError } from '../http/problem.ts';
import { afterTry, type Delivery, dueIn, giveUp, type Outcome } from './delivery.ts';
import type { Outbox } from './outbox.ts';
import { signedHeaders } from './sign.ts';
import type { StoredWebhook } from './webhook-file.ts';

/** Requests to receivers at a time; one receiver has one. */
const atOnce = 8;
/** Most milliseconds until it looks again: a clock that was set, or a machine that slept, puts nothing off for longer. */
const longestSleepMs = 60_000;

/** Options of `Courier`. */
export interface CourierOptions {
  readonly outbox: Outbox;
  readonly sender: Pick<MessageSender, 'send'>;
  readonly log: Logger;
  /** True while this server is the one that sends. Default: it always is. */
  readonly maySend?: (() => boolean) | undefined;
  /** Returns the webhook of an id; undefined if it is gone. */
  readonly webhookOf: (id: string) => StoredWebhook | undefined;
  /** Is called when the receiver of a webhook says that it is gone. */
  readonly onGone: (webhook: string) => Promise<void>;
}

/** Sends the deliveries of an outbox, each when it is due, until they are delivered or given up. */
export class Courier {
  readonly #options: CourierOptions;
  /** The tries under way, by webhook. */
  readonly #busy = new Map<string, Promise<void>>();
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CourierOptions) {
    this.#options = options;
  }

  /** Begins what is due, and sleeps until something else is. Call it after each change of the outbox. */
  wake(): void {
    clearTimeout(this.#timer);
    if (this.#stop.signal.aborted || this.#options.maySend?.() === false) return;
    const now = Date.now();
    let sleepMs = longestSleepMs;
    for (const delivery of this.#options.outbox.pending()) {
      if (this.#busy.has(delivery.webhook)) continue;
      const left = dueIn(delivery, now);
      if (left > 0) sleepMs = Math.min(sleepMs, left);
      else if (this.#busy.size < atOnce) this.#begin(delivery);
    }
    this.#timer = setTimeout(() => this.wake(), sleepMs).unref();
  }

  /** Breaks off what is under way: it is tried again after the next start. */
  async close(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#timer);
    await Promise.all(this.#busy.values());
  }

  #begin(delivery: Delivery): void {
    const { webhook } = delivery;
    const { log } = this.#options;
    const end = this.#try(delivery)
      .catch((error: unknown) => log.error('what became of a webhook cannot be kept', { webhook, error }))
      .finally(() => {
        this.#busy.delete(webhook);
        this.wake();
      });
    this.#busy.set(webhook, end);
  }

  async #try(delivery: Delivery): Promise<void> {
    const { outbox, log, webhookOf, onGone } = this.#options;
    const webhook = webhookOf(delivery.webhook);
    if (webhook === undefined || webhook.disabledAt !== null)
      return outbox.put(giveUp(delivery, 'The webhook was disabled.'));
    const outcome = await this.#send(delivery, webhook);
    // Meanwhile the server ends, or the webhook was removed with its deliveries.
    if (this.#stop.signal.aborted || outbox.get(delivery.id) === undefined) return;
    const after = afterTry(delivery, outcome, Math.random);
    const { id, tries, state, nextAt } = after;
    const facts = { webhook: webhook.id, delivery: id, type: delivery.event.type, tries };
    if (state === 'failed') log.warn('a delivery of a webhook is given up', { ...facts, why: after.why });
    else log.debug('a webhook was sent', { ...facts, state, status: outcome.status, nextAt });
    await outbox.put(after);
    if (outcome.status !== 410) return;
    log.warn('a webhook is disabled: its receiver answered 410', { webhook: webhook.id });
    await onGone(webhook.id);
  }

  /** Sends a delivery once. */
  async #send({ message: id, event }: Delivery, { url, secret }: StoredWebhook): Promise<Outcome> {
    const at = Date.now();
    const started = performance.now();
    const ended = (): number => Math.round(performance.now() - started);
    const body = JSON.stringify(event);
    const headers = signedHeaders(secret, { id, body, at });
    try {
      const receipt = await this.#options.sender.send(url, { headers, body }, this.#stop.signal);
      return { at, ms: ended(), error: null, ...receipt };
    } catch (error) {
      return { at, ms: ended(), status: null, error: toSnapshelfError(error).message };
    }
  }
}
