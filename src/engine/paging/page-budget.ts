/** Bytes of items that one answer carries to the caller's thread. */
const maxBytes = 1024 * 1024;
/**
 * Values of metadata that one answer carries. Measured on the main thread of a server, taking 100,000 empty objects in and
 * writing them out as JSON takes some 18 ms; collections of earlier releases hold items of up to 32,000 values.
 */
const maxValues = 100_000;

const comma = ','.charCodeAt(0);
const openBracket = '['.charCodeAt(0);
const openBrace = '{'.charCodeAt(0);

/** At least as many as the values that the JSON text holds: each but the first follows one of these. */
function valuesIn(json: string): number {
  let count = 1;
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === comma || code === openBracket || code === openBrace) count += 1;
  }
  return count;
}

/** Times that an id stands in an answer: in the addresses of the item, its picture and its thumbnail, and by itself. */
const timesInAnswer = 4;

/** Bytes of a text in an address: of what `encodeURIComponent` does not leave as it is, three for each. */
function encodedBytes(text: string): number {
  const plain = text.replace(/[^\w.!~*'()-]/g, '').length;
  return plain + 3 * (Buffer.byteLength(text) - plain);
}

/** The parts of an item that may be long, its metadata as JSON. */
export interface SizedItem {
  readonly id: string;
  readonly productId: string;
  readonly label: string | null;
  readonly metadata: string;
}

const bytesOf = ({ id, productId, label, metadata }: SizedItem): number =>
  Buffer.byteLength(metadata) +
  Buffer.byteLength(productId) +
  Buffer.byteLength(label ?? '') +
  timesInAnswer * encodedBytes(id);

/** Counts the items that go into one answer, by their size as JSON. The first always does. */
export class PageBudget {
  #bytes = 0;
  #values = 0;

  /** Takes an item in. Returns false, and takes nothing, if it does not fit. */
  take(item: SizedItem): boolean {
    const bytes = this.#bytes + bytesOf(item);
    const values = this.#values + valuesIn(item.metadata);
    if (this.#bytes > 0 && (bytes > maxBytes || values > maxValues)) return false;
    this.#bytes = bytes;
    this.#values = values;
    return true;
  }
}
