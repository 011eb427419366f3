/**
 * Maps sequence numbers to slots (nodes) of the graph. Slots are 0, 1, 2, ... in the order of insertion, which are hnswlib's
 * own 32-bit labels. Equal vectors share a slot: a clump of duplicates in the graph links only to itself, and nodes behind
 * it are not found any more (recall fell from 1.00 to 0.85 with 2,000 duplicates in 7,000). For that reason an empty slot
 * is taken again when its vector comes back: an item is often written with the vector it had.
 */
export class SlotTable {
  readonly #slotOf = new Map<number, number>();
  /** By slot; empty where every sequence number was removed. */
  readonly #sequencesOf: number[][] = [];
  readonly #hashOf: number[] = [];
  readonly #slotByHash = new Map<number, number>();
  #live = 0;

  /** All slots, empty ones too. */
  get slots(): number {
    return this.#sequencesOf.length;
  }

  /** Slots that hold a sequence number. */
  get live(): number {
    return this.#live;
  }

  /** Sequence numbers. */
  get size(): number {
    return this.#slotOf.size;
  }

  sequences(): Iterable<number> {
    return this.#slotOf.keys();
  }

  has(sequence: number): boolean {
    return this.#slotOf.has(sequence);
  }

  sequencesOf(slot: number): readonly number[] {
    return this.#sequencesOf[slot] ?? [];
  }

  /** The slot that may hold the vector of this hash: compare before trusting it. */
  candidate(hash: number): number | undefined {
    return this.#slotByHash.get(hash);
  }

  /** Puts a new sequence number into the slot, or into a new one, whose number is returned. */
  put(sequence: number, hash: number, slot: number = this.slots): number {
    if (slot === this.slots) {
      this.#sequencesOf.push([]);
      this.#hashOf.push(hash);
      if (!this.#slotByHash.has(hash)) this.#slotByHash.set(hash, slot);
    }
    const sequences = this.#sequencesOf[slot] ?? [];
    if (sequences.length === 0) this.#live++;
    sequences.push(sequence);
    this.#slotOf.set(sequence, slot);
    return slot;
  }

  /** Takes the sequence number out, if it is there. */
  remove(sequence: number): void {
    const slot = this.#slotOf.get(sequence);
    if (slot === undefined) return;
    this.#slotOf.delete(sequence);
    const sequences = this.#sequencesOf[slot] ?? [];
    sequences.splice(sequences.indexOf(sequence), 1);
    if (sequences.length === 0) this.#live--;
  }

  /** For a file: the number of slots, then (sequence, slot, hash) of every sequence number, slots in rising order. */
  toNumbers(): Float64Array<ArrayBuffer> {
    const numbers = new Float64Array(1 + 3 * this.size);
    numbers[0] = this.slots;
    let end = 1;
    for (const [slot, sequences] of this.#sequencesOf.entries()) {
      for (const sequence of sequences) {
        numbers.set([sequence, slot, this.#hashOf[slot] ?? 0], end);
        end += 3;
      }
    }
    return numbers;
  }

  /** The table that `toNumbers` described, or undefined when the numbers contradict one another. */
  static fromNumbers(numbers: Float64Array): SlotTable | undefined {
    const table = new SlotTable();
    const [slots = Number.NaN] = numbers;
    if (!isIndex(slots) || slots > 0xffffffff || numbers.length % 3 !== 1) return undefined;
    for (let row = 1; row < numbers.length; row += 3) {
      const [sequence = Number.NaN, slot = Number.NaN, hash = 0] = numbers.subarray(row, row + 3);
      if (!isIndex(sequence) || table.has(sequence)) return undefined;
      if (!isIndex(slot) || slot >= slots || slot < table.slots - 1) return undefined;
      table.#extend(slot);
      table.put(sequence, hash, slot);
    }
    table.#extend(slots);
    return table;
  }

  /** Adds empty slots up to this one. */
  #extend(slots: number): void {
    while (this.slots < slots) {
      this.#sequencesOf.push([]);
      this.#hashOf.push(0);
    }
  }
}

const isIndex = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
