import { checkPositive } from './checks.ts';
import type { Neighbour } from './vector-index.ts';

const byDistanceThenLabel = (a: Neighbour, b: Neighbour): number =>
  a.distance - b.distance || a.label - b.label;

/** Keeps the k best of what it is offered, by (distance, label): a heap with the worst one on top. */
export class TopK {
  readonly #k: number;
  readonly #heap: Neighbour[] = [];

  /** Throws a RangeError unless k is a positive integer. */
  constructor(k: number) {
    checkPositive('k', k);
    this.#k = k;
  }

  offer(label: number, distance: number): void {
    const worst = this.#heap[0];
    if (this.#heap.length < this.#k) {
      this.#heap.push({ label, distance });
      this.#rise(this.#heap.length - 1);
    } else if (worst !== undefined && isWorse(worst, distance, label)) {
      this.#heap[0] = { label, distance };
      this.#sink(0);
    }
  }

  /** What was kept, best first. */
  sorted(): Neighbour[] {
    return [...this.#heap].sort(byDistanceThenLabel);
  }

  #rise(index: number): void {
    for (let child = index; child > 0; ) {
      const parent = (child - 1) >> 1;
      if (this.#order(child, parent) <= 0) return;
      this.#swap(child, parent);
      child = parent;
    }
  }

  #sink(index: number): void {
    for (let parent = index; ; ) {
      const left = 2 * parent + 1;
      if (left >= this.#heap.length) return;
      const right = left + 1;
      const child = right < this.#heap.length && this.#order(right, left) > 0 ? right : left;
      if (this.#order(child, parent) <= 0) return;
      this.#swap(child, parent);
      parent = child;
    }
  }

  #order(a: number, b: number): number {
    return byDistanceThenLabel(this.#heap[a] as Neighbour, this.#heap[b] as Neighbour);
  }

  #swap(a: number, b: number): void {
    const kept = this.#heap[a] as Neighbour;
    this.#heap[a] = this.#heap[b] as Neighbour;
    this.#heap[b] = kept;
  }
}

const isWorse = (worst: Neighbour, distance: number, label: number): boolean =>
  distance < worst.distance || (distance === worst.distance && label < worst.label);
