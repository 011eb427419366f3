/** Tags of EXIF (2.32, 4.6): the pointers to the tables that may lead to places, and the orientation. */
const tag = { orientation: 0x0112, subTables: 0x014a, exif: 0x8769, gps: 0x8825, interoperability: 0xa005 };

/** Bytes of a value of each type of TIFF, by its number. */
const typeBytes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];
const entryBytes = 12;
/** More than any camera writes, in all tables. */
const maxEntries = 20_000;
const maxTables = 64;
/** More than tables of places take, in all. */
const maxErased = 2 ** 16;

/** A reader of TIFF that never reads beyond its bytes. */
class Tiff {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #little: boolean;
  readonly #seen = new Set<number>();
  #entries = 0;
  #erased = 0;
  /** True once a table of places was removed. */
  hadPlaces = false;
  /** True if there is more than is looked at. */
  isTooMuch = false;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#little = bytes[0] === 0x49;
  }

  /** The number that the picture is to be turned by, 1 to 8; undefined if none is said. */
  get orientation(): number | undefined {
    const table = this.#u32(4);
    for (const at of this.#entriesOf(table)) if (this.#u16(at) === tag.orientation) return this.#u16(at + 8);
    return undefined;
  }

  /** Removes the places from the tables that a table leads to, and from itself. */
  clean(first: number): void {
    const waiting = [first];
    for (let table = waiting.pop(); table !== undefined; table = waiting.pop()) {
      if (table === 0 || this.#seen.has(table)) continue;
      this.isTooMuch ||= this.#seen.size >= maxTables || this.#entries > maxEntries;
      if (this.isTooMuch) return;
      this.#seen.add(table);
      waiting.push(...this.#cleanTable(table));
    }
  }

  /** Removes the places of one table. Returns where the tables stand that it leads to. */
  #cleanTable(table: number): number[] {
    const next: number[] = [];
    // From the end, because those behind a removed entry move up.
    for (const at of this.#entriesOf(table).reverse()) {
      this.#entries += 1;
      const found = this.#u16(at);
      if (this.isTooMuch) return [];
      if (found === tag.gps) {
        this.#erase(this.#u32(at + 8));
        this.#remove(table, at);
        this.hadPlaces = true;
        // Each moves the entries behind it.
        this.#erased += maxErased / 16;
      } else if (found === tag.exif || found === tag.interoperability) next.push(this.#u32(at + 8));
      else if (found === tag.subTables) next.push(...this.#pointers(at));
    }
    const behind = table + 2 + this.#u16(table) * entryBytes;
    next.push(this.#u32(behind));
    return next;
  }

  #pointers(at: number): number[] {
    const count = Math.min(this.#u32(at + 4), maxTables);
    const start = count === 1 ? at + 8 : this.#u32(at + 8);
    return Array.from({ length: count }, (_, i) => this.#u32(start + 4 * i));
  }

  /** The offsets of the entries of a table that are whole. */
  #entriesOf(table: number): number[] {
    const whole = Math.floor((this.bytes.length - table - 2) / entryBytes);
    const count = Math.max(Math.min(this.#u16(table), whole, maxEntries), 0);
    return Array.from({ length: count }, (_, i) => table + 2 + i * entryBytes);
  }

  /** Overwrites a table and what its entries point to. */
  #erase(table: number): void {
    const entries = this.#entriesOf(table);
    for (const at of entries) {
      this.#entries += 1;
      const bytes = (typeBytes[this.#u16(at + 2)] ?? 1) * this.#u32(at + 4);
      const start = this.#u32(at + 8);
      this.#fill(start, bytes > 4 ? bytes : 0);
    }
    this.#fill(table, 2 + entries.length * entryBytes);
  }

  #fill(start: number, length: number): void {
    this.#erased += Math.min(length, Math.max(this.bytes.length - start, 0));
    this.isTooMuch ||= this.#erased > maxErased;
    if (!this.isTooMuch) this.bytes.fill(0, start, start + length);
  }

  /** Takes an entry out of a table; the entries behind it and the pointer to the next table move up. */
  #remove(table: number, at: number): void {
    const end = table + 2 + this.#u16(table) * entryBytes + 4;
    if (end > this.bytes.length) return void this.bytes.fill(0, at, at + entryBytes);
    this.bytes.copyWithin(at, at + entryBytes, end);
    this.bytes.fill(0, end - entryBytes, end);
    this.#view.setUint16(table, this.#u16(table) - 1, this.#little);
  }

  #u16(at: number): number {
    return at + 2 <= this.bytes.length ? this.#view.getUint16(at, this.#little) : 0;
  }

  #u32(at: number): number {
    return at + 4 <= this.bytes.length ? this.#view.getUint32(at, this.#little) : 0;
  }

  get start(): number {
    return this.#u32(4);
  }
}

const isTiff = (bytes: Uint8Array): boolean =>
  /^(II\*\0|MM\0\*)/.test(String.fromCharCode(...bytes.subarray(0, 4)));

/** Returns as many bytes that say no more than the orientation. */
function onlyOrientation(orientation: number | undefined, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  if (length < 26) return bytes;
  bytes.set([0x4d, 0x4d, 0, 0x2a, 0, 0, 0, 8]);
  if (orientation === undefined) return bytes;
  view.setUint16(8, 1);
  view.setUint16(10, tag.orientation);
  view.setUint16(12, 3);
  view.setUint32(14, 1);
  view.setUint16(18, orientation);
  return bytes;
}

/**
 * Returns EXIF data (a TIFF) of the same length without its tables of places (GPS), or undefined if it has none. Everything else
 * stays where it is. Of data whose tables overlap, or are more than any camera writes, only the orientation is left.
 */
export function withoutGps(exif: Uint8Array): Uint8Array | undefined {
  if (!isTiff(exif)) return undefined;
  const { orientation } = new Tiff(exif);
  const tiff = new Tiff(Uint8Array.from(exif));
  tiff.clean(tiff.start);
  if (tiff.isTooMuch) return onlyOrientation(orientation, exif.length);
  if (!tiff.hadPlaces) return undefined;
  const isWhole = new Tiff(tiff.bytes).orientation === orientation;
  return isWhole ? tiff.bytes : onlyOrientation(orientation, exif.length);
}
