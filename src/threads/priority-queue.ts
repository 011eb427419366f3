/** `background` goes only when nothing else waits. */
export type Priority = 'foreground' | 'background';

/** A queue of two priorities; within each, first come, first served. */
export class PriorityQueue<T> {
  // Sets, because leaving must not cost a search.
  readonly #foreground = new Set<T>();
  readonly #background = new Set<T>();

  get size(): number {
    return this.#foreground.size + this.#background.size;
  }

  add(item: T, priority: Priority = 'foreground'): void {
    (priority === 'background' ? this.#background : this.#foreground).add(item);
  }

  /** Removes an item. Returns false if it was not waiting. */
  delete(item: T): boolean {
    return this.#foreground.delete(item) || this.#background.delete(item);
  }

  /** The item whose turn it is; undefined if the queue is empty. */
  first(): T | undefined {
    const [first = this.#background.values().next().value] = this.#foreground;
    return first;
  }

  /** Removes and returns at most `count` items, in turn. */
  take(count: number): T[] {
    const taken: T[] = [];
    for (let next = this.first(); next !== undefined && taken.length < count; next = this.first()) {
      this.delete(next);
      taken.push(next);
    }
    return taken;
  }
}
