import { SnapshelfError } from '../../errors.ts';
import { leaseLost } from './record-errors.ts';
import type { Lease, Records } from './records.ts';

/** Options of `HeldLease.take`. */
export interface HeldLeaseOptions {
  /** Milliseconds after which another may take it, when nothing is heard of this holder. Default 20,000. */
  readonly ms?: number | undefined;
  /** Is called with each sign of life. What it throws is ignored, but for `lease-lost`. */
  readonly onBeat?: ((lease: Lease) => Promise<void>) | undefined;
}

/** Default of `HeldLeaseOptions.ms`. */
export const defaultLeaseMs = 20_000;

const isLost = (error: unknown): boolean => error instanceof SnapshelfError && error.code === 'lease-lost';

/** A lease that is prolonged until it is given back. Its signal aborts with `lease-lost` when another has taken it, or may have. */
export class HeldLease {
  readonly lease: Lease;
  readonly #records: Records;
  readonly #ms: number;
  readonly #onBeat: HeldLeaseOptions['onBeat'];
  readonly #lost = new AbortController();
  readonly #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> | undefined;
  #heardAt = performance.now();

  private constructor(records: Records, lease: Lease, { ms = defaultLeaseMs, onBeat }: HeldLeaseOptions) {
    this.lease = lease;
    this.#records = records;
    this.#ms = ms;
    this.#onBeat = onBeat;
    // A process that has the records alone ends with its leases.
    this.#timer = records.areShared ? setInterval(() => this.beat(), ms / 4).unref() : undefined;
  }

  /** Takes a lease; returns undefined if another has it. @throws SnapshelfError `engine-unavailable`. */
  static async take(
    records: Records,
    name: string,
    options: HeldLeaseOptions = {},
  ): Promise<HeldLease | undefined> {
    const { ms = defaultLeaseMs } = options;
    const lease = await records.acquire(name, records.areShared ? ms : Number.POSITIVE_INFINITY);
    return lease && new HeldLease(records, lease, options);
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** Gives no further sign of life; what `onBeat` does is over when this resolves. */
  async quiet(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beating;
  }

  /** Gives it back. A lease that cannot be given back runs out. */
  async release(): Promise<void> {
    await this.quiet();
    await this.#records.release(this.lease).catch(() => {});
  }

  /** Gives a sign of life now, where there are others. */
  beat(): void {
    if (this.#timer === undefined) return;
    // While nothing is heard of the engine, the lease may be another's as soon as its time is over.
    if (performance.now() - this.#heardAt > this.#ms) this.#lost.abort(leaseLost(this.lease.name));
    this.#beating ??= this.#prolong()
      .catch((error: unknown) => {
        if (isLost(error)) this.#lost.abort(leaseLost(this.lease.name));
      })
      .finally(() => {
        this.#beating = undefined;
      });
  }

  async #prolong(): Promise<void> {
    const asked = performance.now();
    if (!(await this.#records.renew(this.lease, this.#ms))) throw leaseLost(this.lease.name);
    this.#heardAt = asked;
    await this.#onBeat?.(this.lease);
  }
}
