import {
  encodeModel,
  irVersion,
  makeGraph,
  makeModel,
  makeNode,
  makeValueInfo,
  opset,
} from '../onnx/index.ts';
import { Session } from '../runtime/index.ts';
import type { Matrix } from './matrix.ts';

/** The factors of a product, transposed or not: `NT` is a bᵀ. */
type Kind = 'NN' | 'NT' | 'TN';

const modelOf = (kind: Kind): Uint8Array => {
  const [transA, transB] = [...kind].map((letter) => (letter === 'T' ? 1 : 0));
  const product = makeNode({
    opType: 'Gemm',
    inputs: ['a', 'b'],
    outputs: ['product'],
    attributes: { transA: transA ?? 0, transB: transB ?? 0 },
  });
  const matrix = (name: string) => makeValueInfo(name, 'float64', [`${name}0`, `${name}1`]);
  return encodeModel(
    makeModel(
      makeGraph({
        name: 'product',
        nodes: [product],
        inputs: [matrix('a'), matrix('b')],
        outputs: [matrix('product')],
        initializers: [],
      }),
      { '': opset },
      irVersion,
    ),
  );
};

/** Products of matrices in float64 by ONNX Runtime, whose kernels are several times faster than what is written here could be. */
export class Products {
  readonly #threads: number | undefined;
  readonly #sessions = new Map<Kind, Promise<Session>>();

  /** @param threads that a product uses; undefined: all cores */
  constructor(threads?: number) {
    this.#threads = threads;
  }

  #session(kind: Kind): Promise<Session> {
    const known = this.#sessions.get(kind);
    if (known !== undefined) return known;
    const session = Session.open(modelOf(kind), { provider: 'cpu', threads: this.#threads });
    this.#sessions.set(kind, session);
    return session;
  }

  /**
   * Multiplies two matrices.
   * @throws SnapshelfError `inference-failed` if ONNX Runtime fails.
   */
  async multiply(kind: Kind, a: Matrix, b: Matrix): Promise<Matrix> {
    const session = await this.#session(kind);
    const tensor = ({ rows, columns, data }: Matrix) =>
      ({ type: 'float64', dims: [rows, columns], data }) as const;
    const { product } = await session.run({ a: tensor(a), b: tensor(b) });
    const [rows = 0, columns = 0] = product?.dims ?? [];
    return { rows, columns, data: product?.data as Float64Array };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions.values()) await (await session).close();
  }
}
