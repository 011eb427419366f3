import type { Bitmap } from './bitmap.ts';
import { RowTable } from './row-table.ts';

/** A part of a collection that stands in memory by row. */
export interface RowFollower {
  /** Takes the places of the rows that are left: `from[row]` is the row before. */
  compacted(from: Uint32Array): void;
}

/** Dead rows up to which nothing is compacted. */
const fewDead = 4096;

/** The rows of an open collection, which follow what is written to its database. */
export class ItemRows {
  #table: RowTable | undefined;
  readonly #read: () => readonly number[];
  readonly #followers: RowFollower[] = [];

  /** @param read returns the sequence numbers of what there is, rising. Default: there is nothing yet */
  constructor(read: () => readonly number[] = () => []) {
    this.#read = read;
  }

  /** The rows as they are now: `compact` makes another table. */
  get table(): RowTable {
    this.#table ??= tableOf(this.#read());
    return this.#table;
  }

  /** Reads the rows, which is else done when they are first asked for. */
  read(): void {
    void this.table;
  }

  /** Has something that stands by row follow each compaction. */
  followedBy(follower: RowFollower): void {
    this.#followers.push(follower);
  }

  /** Returns the sequence numbers of a set of rows. */
  sequencesOf(rows: Bitmap): number[] {
    return Array.from(rows.rows(), (row) => this.table.sequenceAt(row));
  }

  /** Takes up a change: what was written, by rising sequence number, and what is gone. */
  follow(written: readonly number[], removed: readonly number[]): void {
    for (const sequence of written) this.table.append(sequence);
    for (const sequence of removed) this.table.remove(sequence);
  }

  /** Takes up what another process has written. @param sequences all that there are, rising */
  catchUp(sequences: readonly number[]): void {
    const { table } = this;
    const last = table.lastSequence;
    const there = new Set(sequences);
    for (const row of table.living.rows()) {
      const sequence = table.sequenceAt(row);
      if (!there.has(sequence)) table.remove(sequence);
    }
    for (const sequence of sequences) if (sequence > last) table.append(sequence);
  }

  /** True if more than a quarter of the rows, and not just a few, are dead. */
  get wantsCompaction(): boolean {
    return this.#hasDead(1 / 4);
  }

  /** True if more than half of the rows, and not just a few, are dead. */
  get isWorn(): boolean {
    return this.#hasDead(1 / 2);
  }

  /** True if more than a share of the rows, and not just a few, are dead. */
  #hasDead(share: number): boolean {
    const { length, live } = this.table;
    return length - live > Math.max(fewDead, length * share);
  }

  /** Leaves the dead rows out. No set of rows from before means anything afterwards: not while something is done in slices. */
  compact(): void {
    const { table, from } = this.table.compacted();
    this.#table = table;
    for (const follower of this.#followers) follower.compacted(from);
  }
}

function tableOf(sequences: readonly number[]): RowTable {
  const table = new RowTable();
  for (const sequence of sequences) table.append(sequence);
  return table;
}
