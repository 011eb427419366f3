import type { NamedItems } from './import-types.ts';

const mostNamed = 10;

/** Counts ids and keeps the first of them. */
export class NamedList {
  readonly #first: string[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** @param count how many they are, if these are only the first */
  add(ids: readonly string[], count: number = ids.length): void {
    this.#count += count;
    this.#first.push(...ids.slice(0, mostNamed - this.#first.length));
  }

  named(): NamedItems {
    return { count: this.#count, first: this.#first };
  }
}
