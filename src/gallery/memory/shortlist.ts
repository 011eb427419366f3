import type { MetricBounds } from './points.ts';

/** A heap of the n smallest numbers that it was offered, with the largest of them on top. */
class Smallest {
  readonly #heap: Float64Array;
  #size = 0;

  constructor(n: number) {
    this.#heap = new Float64Array(n);
  }

  /** The largest of the n smallest; infinite while there are fewer. */
  get largest(): number {
    return this.#size === this.#heap.length ? (this.#heap[0] as number) : Number.POSITIVE_INFINITY;
  }

  offer(value: number): void {
    if (this.#size < this.#heap.length) this.#rise(value);
    else if (value < (this.#heap[0] as number)) this.#sink(value);
  }

  #rise(value: number): void {
    const heap = this.#heap;
    let child = this.#size++;
    for (; child > 0; ) {
      const parent = (child - 1) >> 1;
      if ((heap[parent] as number) >= value) break;
      heap[child] = heap[parent] as number;
      child = parent;
    }
    heap[child] = value;
  }

  #sink(value: number): void {
    const heap = this.#heap;
    let parent = 0;
    for (;;) {
      let child = 2 * parent + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] as number) > (heap[child] as number)) child += 1;
      if ((heap[child] as number) <= value) break;
      heap[parent] = heap[child] as number;
      parent = child;
    }
    heap[parent] = value;
  }
}

const firstRoom = 1024;

/** A row, and what its point is apart from the query's at least. */
export interface Candidate {
  readonly row: number;
  readonly least: number;
}

/** Candidates in lists, with what their points are apart at most. */
export interface CandidateLists {
  readonly rows: Uint32Array;
  readonly leasts: Float64Array;
  readonly mosts: Float64Array;
}

/**
 * The rows that may be among the n nearest, by bounds of how far their points are apart from the query's: those whose least is within
 * reach of the n-th smallest most.
 */
export class Shortlist {
  readonly #mosts: Smallest;
  readonly #bounds: MetricBounds;
  readonly #from: number;
  #rows = new Uint32Array(firstRoom);
  #leasts = new Float64Array(firstRoom);
  #mostOf = new Float64Array(firstRoom);
  #length = 0;
  #limit = Number.POSITIVE_INFINITY;

  /** @param from nearer vectors are not counted */
  constructor(n: number, bounds: MetricBounds, from: number) {
    this.#mosts = new Smallest(n);
    this.#bounds = bounds;
    this.#from = from;
  }

  /** A row whose least is above this is not among the n nearest. */
  get limit(): number {
    return this.#limit;
  }

  offer(row: number, least: number, most: number): void {
    if (least > this.#limit || this.#bounds.most(most) < this.#from) return;
    if (this.#length === this.#rows.length) this.#makeRoom();
    this.#rows[this.#length] = row;
    this.#leasts[this.#length] = least;
    this.#mostOf[this.#length] = most;
    this.#length += 1;
    // One that may be too near is none of the n for sure.
    if (this.#bounds.least(least) < this.#from) return;
    this.#mosts.offer(most);
    this.#limit = this.#bounds.reach(this.#mosts.largest);
  }

  /** Returns the candidates, by their least. */
  sorted(): Candidate[] {
    this.#prune();
    const candidates = Array.from({ length: this.#length }, (_, i) => ({
      row: this.#rows[i] as number,
      least: this.#leasts[i] as number,
    }));
    return candidates.sort((a, b) => a.least - b.least);
  }

  /** Returns the candidates in no order, for a shortlist of more rows. */
  lists(): CandidateLists {
    this.#prune();
    const end = this.#length;
    return {
      rows: this.#rows.slice(0, end),
      leasts: this.#leasts.slice(0, end),
      mosts: this.#mostOf.slice(0, end),
    };
  }

  /** Leaves out what is out of reach by now; has room for more if that is little. */
  #makeRoom(): void {
    this.#prune();
    if (this.#length < this.#rows.length / 2) return;
    const rows = new Uint32Array(2 * this.#rows.length);
    const leasts = new Float64Array(rows.length);
    rows.set(this.#rows);
    leasts.set(this.#leasts);
    const mosts = new Float64Array(rows.length);
    mosts.set(this.#mostOf);
    this.#mostOf = mosts;
    this.#rows = rows;
    this.#leasts = leasts;
  }

  #prune(): void {
    let kept = 0;
    for (let i = 0; i < this.#length; i++) {
      if ((this.#leasts[i] as number) > this.#limit) continue;
      this.#rows[kept] = this.#rows[i] as number;
      this.#leasts[kept] = this.#leasts[i] as number;
      this.#mostOf[kept] = this.#mostOf[i] as number;
      kept += 1;
    }
    this.#length = kept;
  }
}
