import {
  encodeModel,
  irVersion,
  makeGraph,
  makeModel,
  makeNode,
  makeTensor,
  makeValueInfo,
  opset,
} from '../../onnx/index.ts';
import { readCpuInfo, Session } from '../../runtime/index.ts';

/** The number that is added to codes, so that they are uint8: the products that processors have are of uint8 by int8. */
const zeroPoint = 128;
const flipOfFour = 0x80_80_80_80 | 0;
/** A code of a query is `highUnit` times one int8 number, plus another. */
const highUnit = 256;

/** The codes of several queries: `int8[stride, 2 * queries]`, the high and the low part of each side by side. */
export interface SplitQueries {
  readonly count: number;
  readonly parts: Int8Array;
}

/** Returns codes of queries, from -32,639 to 32,639, in two parts of int8. */
export function splitQueries(queries: readonly Int16Array[], stride: number): SplitQueries {
  const width = 2 * queries.length;
  const parts = new Int8Array(stride * width);
  for (const [i, codes] of queries.entries())
    for (let column = 0; column < codes.length; column++) {
      const code = codes[column] as number;
      const low = ((code + highUnit / 2) & (highUnit - 1)) - highUnit / 2;
      parts[column * width + 2 * i] = (code - low) / highUnit;
      parts[column * width + 2 * i + 1] = low;
    }
  return { count: queries.length, parts };
}

/** Returns the product of a row and a query of `CodeProducts.multiply`. */
export function productAt(products: Int32Array, queries: number, row: number, query: number): number {
  const place = 2 * (row * queries + query);
  return highUnit * (products[place] as number) + (products[place + 1] as number);
}

/** The inner products of rows of codes with several queries at once, as exact as the kernel's: by the int8 products of ONNX Runtime. */
export class CodeProducts {
  readonly #session: Session;
  #rows = new Uint8Array();

  private constructor(session: Session) {
    this.#session = session;
  }

  /** Returns undefined where the kernel is quicker, or where the products are not exact. */
  static async open(): Promise<CodeProducts | undefined> {
    return readCpuInfo().vnni === true ? CodeProducts.openAnyway() : undefined;
  }

  /** Returns undefined where the products are not exact. */
  static async openAnyway(): Promise<CodeProducts | undefined> {
    const opened = new CodeProducts(await Session.open(productModel(), { provider: 'cpu', threads: 1 }));
    if (await opened.#isExact()) return opened;
    await opened.close();
    return undefined;
  }

  /** Computes `int32[rows, 2 * queries]` of `int8[rows, stride]`: see `productAt`. */
  async multiply(codes: Int8Array, stride: number, { count, parts }: SplitQueries): Promise<Int32Array> {
    // ONNX Runtime takes no shared memory.
    if (this.#rows.length !== codes.length) this.#rows = new Uint8Array(codes.length);
    const from = new Int32Array(codes.buffer, codes.byteOffset, codes.length / 4);
    const to = new Int32Array(this.#rows.buffer);
    for (let i = 0; i < to.length; i++) to[i] = (from[i] as number) ^ flipOfFour;
    const { products } = await this.#session.run({
      rows: { type: 'uint8', dims: [codes.length / stride, stride], data: this.#rows },
      queries: { type: 'int8', dims: [stride, 2 * count], data: parts },
    });
    return products?.data as Int32Array;
  }

  /** Frees what ONNX Runtime holds. */
  close(): Promise<void> {
    return this.#session.close();
  }

  /** Tries the largest codes, whose products some processors' instructions cut off. */
  async #isExact(): Promise<boolean> {
    const stride = 64;
    const rows = new Int8Array(2 * stride).fill(127, 0, stride).fill(-127, stride);
    const largest = new Int16Array(stride).fill(32_639);
    const products = await this.multiply(
      rows,
      stride,
      splitQueries([largest, largest.map((code) => -code)], stride),
    );
    const whole = stride * 127 * 32_639;
    return [whole, -whole, -whole, whole].every(
      (product, i) => productAt(products, 2, i >> 1, i & 1) === product,
    );
  }
}

function productModel(): Uint8Array {
  const zero = makeTensor('zero', 'uint8', [], Uint8Array.of(zeroPoint));
  const graph = makeGraph({
    name: 'code_products',
    nodes: [
      makeNode({ opType: 'MatMulInteger', inputs: ['rows', 'queries', 'zero'], outputs: ['products'] }),
    ],
    inputs: [makeValueInfo('rows', 'uint8', ['R', 'K']), makeValueInfo('queries', 'int8', ['K', 'Q'])],
    outputs: [makeValueInfo('products', 'int32', ['R', 'Q'])],
    initializers: [zero],
  });
  return encodeModel(makeModel(graph, { '': opset }, irVersion));
}
