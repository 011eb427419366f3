import { checkWhole } from '../../arguments.ts';
import { Bitmap } from './bitmap.ts';

/**
 * The rows of a collection in memory: what stands there for an item, its vector and its fields, is found by its row. A
 * new row follows the others, as its sequence number does. One that is deleted stays, dead, until `compacted`.
 */
export class RowTable {
  #sequences = new Float64Array(64);
  #length = 0;
  #live = 0;
  readonly #living = new Bitmap(0);

  /** Number of rows, dead ones included. */
  get length(): number {
    return this.#length;
  }

  /** Number of rows that are alive. */
  get live(): number {
    return this.#live;
  }

  /** The rows that are alive, as they are now: clone it before you change it. */
  get living(): Bitmap {
    return this.#living;
  }

  /** The sequence number of the last row, alive or dead; 0 without rows. */
  get lastSequence(): number {
    return this.#length === 0 ? 0 : this.sequenceAt(this.#length - 1);
  }

  /** Appends a row, and returns it. @throws RangeError unless `sequence` is a whole number above the last row's. */
  append(sequence: number): number {
    checkWhole('sequence', sequence, { from: this.lastSequence + 1 });
    const row = this.#length;
    if (row === this.#sequences.length) {
      const sequences = new Float64Array(2 * row);
      sequences.set(this.#sequences);
      this.#sequences = sequences;
    }
    this.#sequences[row] = sequence;
    this.#length += 1;
    this.#live += 1;
    this.#living.grow(this.#length);
    this.#living.add(row);
    return row;
  }

  /** Removes the row of a sequence number, and returns it; undefined if none that is alive has it. */
  remove(sequence: number): number | undefined {
    const row = this.rowOf(sequence);
    if (row === undefined) return undefined;
    this.#living.delete(row);
    this.#live -= 1;
    return row;
  }

  /** Finds the row that is alive and has that sequence number. */
  rowOf(sequence: number): number | undefined {
    const row = this.firstFrom(sequence);
    return this.#sequences[row] === sequence && this.#living.has(row) ? row : undefined;
  }

  /** Finds the first row, alive or dead, whose sequence number is at least that; `length` if there is none. */
  firstFrom(sequence: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sequences[middle] as number) < sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Counts the rows that are alive and have no larger sequence number. */
  liveUpTo(sequence: number): number {
    const later = Bitmap.from(this.#length, this.firstFrom(sequence + 1));
    return this.#live - later.countWithin(this.#living);
  }

  /** Returns the sequence number of a row, alive or dead. @throws RangeError for a row that does not exist. */
  sequenceAt(row: number): number {
    const sequence = row < this.#length ? this.#sequences[row] : undefined;
    if (sequence === undefined)
      throw new RangeError(`row must be a whole number from 0 to ${this.#length - 1}, not ${row}.`);
    return sequence;
  }

  /** Returns at most `limit` sequence numbers above `sequence` whose rows are alive, rising. */
  sequencesAfter(sequence: number, limit: number): number[] {
    const found: number[] = [];
    for (let row = this.firstFrom(sequence + 1); row < this.#length && found.length < limit; row++)
      if (this.#living.has(row)) found.push(this.sequenceAt(row));
    return found;
  }

  /** Makes the table without its dead rows. `from[row]` is the row that its row was in this one. */
  compacted(): { readonly table: RowTable; readonly from: Uint32Array } {
    const table = new RowTable();
    const from = new Uint32Array(this.#live);
    for (const row of this.#living.rows()) from[table.append(this.sequenceAt(row))] = row;
    return { table, from };
  }
}
