import type { Lease } from './records.ts';

/** Leases among the parts of one process, which ends with them. */
export class ProcessLeases {
  readonly #held = new Map<string, { readonly fence: number; readonly until: number }>();
  #fence = 0;

  /** See `Records.acquire`. */
  async acquire(name: string, ms: number): Promise<Lease | undefined> {
    const held = this.#held.get(name);
    if (held !== undefined && held.until > performance.now()) return undefined;
    this.#fence += 1;
    this.#held.set(name, { fence: this.#fence, until: performance.now() + ms });
    return { name, fence: this.#fence };
  }

  /** See `Records.renew`. */
  async renew(lease: Lease, ms: number): Promise<boolean> {
    if (!this.isHeld(lease)) return false;
    this.#held.set(lease.name, { fence: lease.fence, until: performance.now() + ms });
    return true;
  }

  /** See `Records.release`. */
  async release(lease: Lease): Promise<void> {
    if (this.isHeld(lease)) this.#held.delete(lease.name);
  }

  /** True until another has taken a lease, or it was given back. */
  isHeld({ name, fence }: Lease): boolean {
    return this.#held.get(name)?.fence === fence;
  }
}
