import { checkWhole } from '../arguments.ts';
import type { Neighbour } from './neighbour.ts';

const byDistanceThenSequence = (a: Neighbour, b: Neighbour): number =>
  a.distance - b.distance || a.sequence - b.sequence;

/** Keeps the k best of what it is offered, by (distance, sequence): a heap with the worst one on top. */
export class TopK {
  readonly #k: number;
  readonly #heap: Neighbour[] = [];

  /** @throws RangeError unless `k` is a whole number from 1. */
  constructor(k: number) {
    checkWhole('k', k, { from: 1 });
    this.#k = k;
  }

  /** The distance above which nothing is kept any more: infinite while there are fewer than k. */
  get limit(): number {
    return this.#heap.length < this.#k ? Number.POSITIVE_INFINITY : (this.#heap[0]?.distance ?? 0);
  }

  offer(sequence: number, distance: number): void {
    const worst = this.#heap[0];
    if (this.#heap.length < this.#k) {
      this.#heap.push({ sequence, distance });
      this.#rise(this.#heap.length - 1);
    } else if (worst !== undefined && isWorse(worst, distance, sequence)) {
      this.#heap[0] = { sequence, distance };
      this.#sink(0);
    }
  }

  /** Returns the neighbours that were kept, best first. */
  sorted(): Neighbour[] {
    return [...this.#heap].sort(byDistanceThenSequence);
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
    return byDistanceThenSequence(this.#heap[a] as Neighbour, this.#heap[b] as Neighbour);
  }

  #swap(a: number, b: number): void {
    const kept = this.#heap[a] as Neighbour;
    this.#heap[a] = this.#heap[b] as Neighbour;
    this.#heap[b] = kept;
  }
}

const isWorse = (worst: Neighbour, distance: number, sequence: number): boolean =>
  distance < worst.distance || (distance === worst.distance && sequence < worst.sequence);
