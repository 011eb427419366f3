import { HeldLease, type Records } from '../../engine/index.ts';

/** Milliseconds between two looks for what other servers have told, and for whose turn it is. */
const lookMs = 2000;

/** The right to send, which one of the servers of an engine has at a time. Where records are not shared, it is always here. */
export class SendersTurn {
  readonly #records: Records;
  readonly #onLook: () => Promise<void>;
  #held: HeldLease | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  /** @param onLook is called from time to time while it is this server's turn: what others have told is to be sent too */
  constructor(records: Records, onLook: () => Promise<void>) {
    this.#records = records;
    this.#onLook = onLook;
  }

  /** True while this server sends. */
  get isHere(): boolean {
    return !this.#records.areShared || this.#held?.signal.aborted === false;
  }

  /** Begins to look. */
  begin(): void {
    if (!this.#records.areShared) return;
    this.#timer = setInterval(() => this.#lookSoon(), lookMs).unref();
    this.#lookSoon();
  }

  /** Gives the turn to another server. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
    await this.#held?.release();
    this.#held = undefined;
  }

  #lookSoon(): void {
    this.#looking ??= this.#look()
      // The engine is away: the next look may find it.
      .catch(() => {})
      .finally(() => {
        this.#looking = undefined;
      });
  }

  async #look(): Promise<void> {
    if (this.#held?.signal.aborted === true) {
      await this.#held.release();
      this.#held = undefined;
    }
    this.#held ??= await HeldLease.take(this.#records, 'sender of webhooks');
    if (this.#held !== undefined) await this.#onLook();
  }
}
