/**
 * `foreground` is somebody who waits for an answer, such as a search; `middle` is one change; `background` is bulk work, which
 * goes only when nothing else waits.
 */
export type Priority = 'foreground' | 'middle' | 'background';

/** A queue of three priorities; within each, first come, first served. */
export class PriorityQueue<T> {
  // Sets, because leaving must not cost a search. In the order of their turns.
  readonly #waiting: Readonly<Record<Priority, Set<T>>> = {
    foreground: new Set<T>(),
    middle: new Set<T>(),
    background: new Set<T>(),
  };

  get size(): number {
    const { foreground, middle, background } = this.#waiting;
    return foreground.size + middle.size + background.size;
  }

  /** The priority whose turn it is; undefined if the queue is empty. */
  get priority(): Priority | undefined {
    const { foreground, middle, background } = this.#waiting;
    if (foreground.size > 0) return 'foreground';
    if (middle.size > 0) return 'middle';
    return background.size > 0 ? 'background' : undefined;
  }

  add(item: T, priority: Priority = 'foreground'): void {
    this.#waiting[priority].add(item);
  }

  /** Removes an item. Returns false if it was not waiting. */
  delete(item: T): boolean {
    const { foreground, middle, background } = this.#waiting;
    return foreground.delete(item) || middle.delete(item) || background.delete(item);
  }

  /** The item whose turn it is; undefined if the queue is empty. */
  first(): T | undefined {
    const { priority } = this;
    if (priority === undefined) return undefined;
    const [first] = this.#waiting[priority];
    return first;
  }

  /** Removes and returns at most `count` items, all of the priority whose turn it is. */
  take(count: number): T[] {
    const { priority } = this;
    if (priority === undefined) return [];
    const waiting = this.#waiting[priority];
    const taken: T[] = [];
    for (const item of waiting) {
      if (taken.length === count) break;
      waiting.delete(item);
      taken.push(item);
    }
    return taken;
  }
}
