/** Two lines of waiting: what is in the background goes only when nobody else waits. In each, first come, first served. */
export class Lanes<T> {
  // Sets, because leaving must not cost a search.
  readonly #foreground = new Set<T>();
  readonly #background = new Set<T>();

  get size(): number {
    return this.#foreground.size + this.#background.size;
  }

  add(item: T, background: boolean): void {
    (background ? this.#background : this.#foreground).add(item);
  }

  /** Whether it was waiting. */
  delete(item: T): boolean {
    return this.#foreground.delete(item) || this.#background.delete(item);
  }

  /** The one whose turn it is; undefined when nobody waits. */
  first(): T | undefined {
    const [first = this.#background.values().next().value] = this.#foreground;
    return first;
  }

  /** Takes out at most `count`, in turn. */
  take(count: number): T[] {
    const taken: T[] = [];
    for (let next = this.first(); next !== undefined && taken.length < count; next = this.first()) {
      this.delete(next);
      taken.push(next);
    }
    return taken;
  }
}
