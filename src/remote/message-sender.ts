import { type Agent, request } from 'undici';
import { SnapshelfError } from '../errors.ts';
import { AllowedReceivers } from './allowed-receivers.ts';
import { checkedAgent, type Network } from './checked-agent.ts';
import { isPublicAddress, isReceiverAddress } from './public-address.ts';

/** Options of a sender. */
export interface MessageSenderOptions {
  /** Hosts and origins: see `checkAllowedReceiver`. */
  readonly receivers: readonly string[];
  /** Milliseconds for one message. Default 15,000. */
  readonly timeoutMs?: number | undefined;
}

/** A message: JSON with headers. */
export interface Message {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The answer of a receiver; its body is not read. */
export interface Receipt {
  readonly status: number;
  readonly retryAfter: string | undefined;
}

/**
 * Sends messages to receivers that are listed, and to nobody else: to public addresses, or private ones where the whole origin is
 * listed. Redirects are not followed: their status is returned.
 */
export class MessageSender {
  readonly #receivers: AllowedReceivers;
  readonly #timeoutMs: number;
  readonly #public: Agent;
  readonly #listed: Agent;

  /** @throws TypeError for an entry of the receivers that is none. */
  constructor({ receivers, timeoutMs = 15_000 }: MessageSenderOptions, network: Network = {}) {
    this.#receivers = new AllowedReceivers(receivers);
    this.#timeoutMs = timeoutMs;
    this.#public = checkedAgent({ timeoutMs, isAllowed: isPublicAddress }, network);
    this.#listed = checkedAgent({ timeoutMs, isAllowed: isReceiverAddress }, network);
  }

  /** Checks the address of a receiver and returns it. @throws SnapshelfError `url-refused`. */
  check(address: string): string {
    return this.#receivers.check(address).url.href;
  }

  /**
   * Sends a message.
   * @throws SnapshelfError `url-refused`; `url-failed` if nobody answers in time. Their messages say nothing of the network.
   * @throws unknown the signal's reason if it aborts.
   */
  async send(address: string, { headers, body }: Message, signal: AbortSignal): Promise<Receipt> {
    const { url, isListed } = this.#receivers.check(address);
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    const both = AbortSignal.any([signal, timeout]);
    const sent = { 'content-type': 'application/json', 'user-agent': 'snapshelf', ...headers };
    const dispatcher = isListed ? this.#listed : this.#public;
    try {
      const answer = await request(url, { method: 'POST', dispatcher, headers: sent, body, signal: both });
      answer.body.on('error', () => undefined).destroy();
      const { 'retry-after': retryAfter } = answer.headers;
      return {
        status: answer.statusCode,
        retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
      };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof SnapshelfError) throw error;
      const why = timeout.aborted
        ? `did not answer within ${this.#timeoutMs} ms`
        : 'cannot be reached, or broke off';
      throw new SnapshelfError('url-failed', `The receiver ${why}.`, { cause: error });
    }
  }

  /** Closes the connections. */
  async close(): Promise<void> {
    await Promise.all([this.#public.destroy(), this.#listed.destroy()]);
  }
}
