import { createHash } from 'node:crypto';

/** The content of an item at a version: a vector that no other item or version has. */
export const vectorOf = (id: string, version: string): number[] =>
  [...createHash('sha256').update(`${id} ${version}`).digest().subarray(0, 16).values()]
    .reduce<number[]>((vector, byte, i) => {
      vector[i >> 2] = (vector[i >> 2] ?? 0) * 256 + byte;
      return vector;
    }, [])
    .map((number) => number / 2 ** 32);

/** A request of the child: `version` null deletes. */
export interface Sent {
  readonly ids: readonly string[];
  readonly version: string | null;
}

/**
 * What may be found after a crash: for every id the last acknowledged version (null: absent), and for the ids of the one
 * request that was not acknowledged, also that request's, all of them or none.
 */
export class Ledger {
  readonly acknowledged: Map<string, string | null> = new Map();
  #open: Sent | undefined;

  /** Takes the lines that a child printed; an unfinished last line was not printed. */
  read(output: string): void {
    for (const line of output.slice(0, output.lastIndexOf('\n') + 1).split('\n')) {
      if (line === '') continue;
      const message = JSON.parse(line) as Partial<Sent> & { acknowledged?: number };
      if (message.ids !== undefined) this.#open = { ids: message.ids, version: message.version ?? null };
      if (message.acknowledged !== undefined) this.#settle();
    }
  }

  /** Compares with what is there (id to version), then takes the open request as done or not, as it turned out. */
  check(found: ReadonlyMap<string, string | null>): string[] {
    if (this.#open?.ids.every((id) => (found.get(id) ?? null) === this.#open?.version)) this.#settle();
    this.#open = undefined;
    const ids = new Set([...found.keys(), ...this.acknowledged.keys()]);
    return [...ids].flatMap((id) => {
      const [is, should] = [found.get(id) ?? null, this.acknowledged.get(id) ?? null];
      return is === should ? [] : [`${id} is ${is}, should be ${should}`];
    });
  }

  #settle(): void {
    for (const id of this.#open?.ids ?? []) this.acknowledged.set(id, this.#open?.version ?? null);
    this.#open = undefined;
  }
}
