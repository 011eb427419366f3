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
import type { CoarseQueries } from './coarse-queries.ts';

/** The number that is added to codes, so that they are uint8: the products that processors have are of uint8 by int8. */
const zeroPoint = 128;
const flipOfFour = 0x80_80_80_80 | 0;

/** The inner products of rows of codes with the coarse codes of several queries at once, by the int8 products of ONNX Runtime. */
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

  /** Computes `int32[rows, queries]` of `int8[rows, stride]`. */
  async multiply(
    rows: Int8Array,
    stride: number,
    { count, codes }: Pick<CoarseQueries, 'count' | 'codes'>,
  ): Promise<Int32Array> {
    // ONNX Runtime takes no shared memory.
    if (this.#rows.length !== rows.length) this.#rows = new Uint8Array(rows.length);
    const from = new Int32Array(rows.buffer, rows.byteOffset, rows.length / 4);
    const to = new Int32Array(this.#rows.buffer);
    for (let i = 0; i < to.length; i++) to[i] = (from[i] as number) ^ flipOfFour;
    const { products } = await this.#session.run({
      rows: { type: 'uint8', dims: [rows.length / stride, stride], data: this.#rows },
      queries: { type: 'int8', dims: [stride, count], data: codes },
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
    const codes = Int8Array.from({ length: 2 * stride }, (_, i) => (i % 2 === 0 ? 127 : -127));
    const products = await this.multiply(rows, stride, { count: 2, codes });
    const whole = stride * 127 * 127;
    return [whole, -whole, -whole, whole].every((product, i) => products[i] === product);
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
