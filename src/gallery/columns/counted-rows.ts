import type { Bitmap } from '../memory/bitmap.ts';
import type { Column } from './column.ts';

/** The rows that are counted. */
export class CountedRows {
  /** The rows, those of a product side by side. */
  readonly rows: Uint32Array;
  /** For each of the rows the number of its product, from 1 on; undefined where every row counts. */
  readonly products: Uint32Array | undefined;
  /** Items, or products. */
  readonly total: number;
  /** No row is as large. */
  readonly end: number;

  /** @param product the column of product ids, to count each product once. Default: every row counts */
  constructor(rows: Bitmap, product?: Column) {
    const found = rows.toArray();
    // An id is never a list.
    const codes = product && (product.plainCodes(rows.length) ?? new Uint32Array(rows.length));
    const size = product?.dictionary.size ?? 0;
    const products = codes && (numberProducts(found, codes, size) ?? sortByProduct(found, codes, size));
    this.rows = found;
    this.end = rows.length;
    this.total = products?.at(-1) ?? found.length;
    this.products = this.total === found.length ? undefined : products;
  }
}

/**
 * Numbers the products of rows that have those of each product side by side, as catalogues are often written; undefined for others.
 * @param codes of the products, by row
 * @param size above all codes
 */
function numberProducts(rows: Uint32Array, codes: Uint32Array, size: number): Uint32Array | undefined {
  const isThere = new Uint8Array(size);
  const numbers = new Uint32Array(rows.length);
  let last = -1;
  let number = 0;
  for (let i = 0; i < rows.length; i += 1) {
    const code = codes[rows[i] as number] as number;
    if (code !== last) {
      if (isThere[code] === 1) return undefined;
      isThere[code] = 1;
      last = code;
      number += 1;
    }
    numbers[i] = number;
  }
  return numbers;
}

/** Sorts rows by product, in their place, and returns the number of the product of each. */
function sortByProduct(rows: Uint32Array, codes: Uint32Array, size: number): Uint32Array {
  const starts = new Uint32Array(size + 1);
  const found = new Uint32Array(rows.length);
  for (let i = 0; i < rows.length; i += 1) {
    const code = codes[rows[i] as number] as number;
    found[i] = code;
    starts[code + 1] = (starts[code + 1] as number) + 1;
  }
  for (let code = 1; code < starts.length; code += 1)
    starts[code] = (starts[code] as number) + (starts[code - 1] as number);
  const before = rows.slice();
  const sorted = new Uint32Array(rows.length);
  for (let i = 0; i < before.length; i += 1) {
    const code = found[i] as number;
    const place = starts[code] as number;
    starts[code] = place + 1;
    rows[place] = before[i] as number;
    sorted[place] = code;
  }
  const numbers = new Uint32Array(rows.length);
  for (let i = 0, number = 0; i < numbers.length; i += 1) {
    if (i === 0 || sorted[i] !== sorted[i - 1]) number += 1;
    numbers[i] = number;
  }
  return numbers;
}
