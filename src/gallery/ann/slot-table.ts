const none = -1;

/** The sizes of a shard. */
export interface ShardState {
  /** Vectors that can be found. */
  readonly size: number;
  /** Nodes, those of deleted vectors too. */
  readonly slots: number;
  /** Nodes of vectors that can be found. */
  readonly live: number;
  /** Bytes that its nodes take, at least. */
  readonly bytes: number;
}

/**
 * Maps sequence numbers to slots (nodes) of the graph. Slots are 0, 1, 2, ... in the order of insertion, which are the graph's
 * own numbers. Equal vectors share a slot: a clump of duplicates in the graph links only to itself, and nodes behind
 * it are not found any more (recall fell from 1.00 to 0.85 with 2,000 duplicates in 7,000). For that reason an empty slot
 * is taken again when its vector comes back: an item is often written with the vector it had.
 */
export class SlotTable {
  readonly #slotOf = new Map<number, number>();
  /** By slot: a sequence number, `none` where every one was removed. Lists of numbers, not of lists, keep the heap small. */
  readonly #first: number[] = [];
  /** By slot: its sequence numbers but the first, where there are several. */
  readonly #others = new Map<number, number[]>();
  readonly #hashOf: number[] = [];
  readonly #slotByHash = new Map<number, number>();
  #live = 0;

  /** All slots, empty ones too. */
  get slots(): number {
    return this.#first.length;
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

  isEmpty(slot: number): boolean {
    return (this.#first[slot] ?? none) === none;
  }

  /** Calls `use` with every sequence number of the slot. */
  forEachOf(slot: number, use: (sequence: number) => void): void {
    if (this.isEmpty(slot)) return;
    use(this.#first[slot] ?? none);
    this.#others.get(slot)?.forEach(use);
  }

  /** The slot that may hold the vector of this hash: compare before trusting it. */
  candidate(hash: number): number | undefined {
    return this.#slotByHash.get(hash);
  }

  /** Puts a new sequence number into the slot, or into a new one, whose number is returned. */
  put(sequence: number, hash: number, slot: number = this.slots): number {
    if (slot === this.slots) this.#first.push(none);
    if (this.#hashOf[slot] !== hash) this.#setHash(slot, hash);
    if (this.isEmpty(slot)) {
      this.#live++;
      this.#first[slot] = sequence;
    } else this.#addOther(slot, sequence);
    this.#slotOf.set(sequence, slot);
    return slot;
  }

  #addOther(slot: number, sequence: number): void {
    const others = this.#others.get(slot);
    if (others === undefined) this.#others.set(slot, [sequence]);
    else others.push(sequence);
  }

  #setHash(slot: number, hash: number): void {
    const before = this.#hashOf[slot];
    if (before !== undefined && this.#slotByHash.get(before) === slot) this.#slotByHash.delete(before);
    this.#hashOf[slot] = hash;
    if (!this.#slotByHash.has(hash)) this.#slotByHash.set(hash, slot);
  }

  /** Takes the sequence number out, if it is there. */
  remove(sequence: number): void {
    const slot = this.#slotOf.get(sequence);
    if (slot === undefined) return;
    this.#slotOf.delete(sequence);
    const others = this.#others.get(slot) ?? [];
    if (this.#first[slot] === sequence) this.#first[slot] = others.pop() ?? none;
    else others.splice(others.indexOf(sequence), 1);
    if (others.length === 0) this.#others.delete(slot);
    if (!this.isEmpty(slot)) return;
    this.#live--;
  }

  /** For a file: the number of slots, then (sequence, slot, hash) of every sequence number, slots in rising order. */
  toNumbers(): Float64Array<ArrayBuffer> {
    const numbers = new Float64Array(1 + 3 * this.size);
    numbers[0] = this.slots;
    let end = 1;
    for (let slot = 0; slot < this.slots; slot++)
      this.forEachOf(slot, (sequence) => {
        numbers[end] = sequence;
        numbers[end + 1] = slot;
        numbers[end + 2] = this.#hashOf[slot] ?? 0;
        end += 3;
      });
    return numbers;
  }

  /** The table that `toNumbers` described, or undefined when the numbers contradict one another. */
  static fromNumbers(numbers: Float64Array): SlotTable | undefined {
    const table = new SlotTable();
    const [slots = Number.NaN] = numbers;
    if (!isIndex(slots) || slots > 0xffffffff || numbers.length % 3 !== 1) return undefined;
    for (let row = 1; row < numbers.length; row += 3) {
      const sequence = numbers[row] ?? Number.NaN;
      const slot = numbers[row + 1] ?? Number.NaN;
      if (!isIndex(sequence) || table.has(sequence)) return undefined;
      if (!isIndex(slot) || slot >= slots || slot < table.slots - 1) return undefined;
      table.#extend(slot);
      table.put(sequence, numbers[row + 2] ?? 0, slot);
    }
    table.#extend(slots);
    return table;
  }

  /** Adds empty slots up to this one. */
  #extend(slots: number): void {
    while (this.slots < slots) {
      this.#hashOf[this.slots] = Number.NaN;
      this.#first.push(none);
    }
  }
}

const isIndex = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
