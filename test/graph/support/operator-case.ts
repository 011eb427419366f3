import fc from 'fast-check';
import {
  type AttributeValue,
  encodeModel,
  type ModelProto,
  makeGraph,
  makeModel,
  makeNode,
  makeValueInfo,
} from '../../../src/onnx/index.ts';
import { type RuntimeTensor, Session } from '../../../src/runtime/index.ts';
import { compareTensors, evaluate } from '../../support/float64/index.ts';

type ElementType = 'float32' | 'int64' | 'int32' | 'uint8' | 'bool';

/** An input of a node. */
export interface Feed {
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly data: readonly number[];
}

/** One way to use an operator. */
export interface OperatorCase {
  /** An optional input that is left out is undefined. */
  readonly inputs: readonly (Feed | undefined)[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** One float32 where nothing is said. */
  readonly outputs?: readonly ElementType[];
}

const sizeOf = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);

export const whole = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });

export const listOf = (item: fc.Arbitrary<number>, length: number): fc.Arbitrary<number[]> =>
  fc.array(item, { minLength: length, maxLength: length });

/** A value, or undefined for what is left out. */
export const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });

export const shape = (minRank: number, maxRank: number, maxSize = 3): fc.Arbitrary<number[]> =>
  fc.array(whole(1, maxSize), { minLength: minRank, maxLength: maxRank });

/** Few and exact numbers, so that equal ones meet and sums of them in float32 are exact. */
export const number: fc.Arbitrary<number> = whole(-8, 8).map((quarters) => quarters / 4);

export const tensor = (
  dims: readonly number[],
  item: fc.Arbitrary<number> = number,
  type: ElementType = 'float32',
): fc.Arbitrary<Feed> => listOf(item, sizeOf(dims)).map((data) => ({ type, dims, data }));

export const integers = (data: readonly number[]): Feed => ({ type: 'int64', dims: [data.length], data });

/** An axis of a rank, counted from either end. */
export const axisOf = (rank: number): fc.Arbitrary<number> => whole(-rank, rank - 1);

/** Shapes that have a common one: some of its axes are 1 or missing in each. */
export function broadcastable(count: number, minRank = 0): fc.Arbitrary<number[][]> {
  return shape(minRank, 3).chain((common) => {
    const one = fc
      .tuple(fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }), whole(0, common.length - minRank))
      .map(([ones, missing]) => common.map((dim, axis) => (ones[axis] ? 1 : dim)).slice(missing));
    return fc.array(one, { minLength: count, maxLength: count });
  });
}

function arrayOf({ type, data }: Feed): RuntimeTensor['data'] {
  if (type === 'float32') return Float32Array.from(data);
  if (type === 'int64') return BigInt64Array.from(data, BigInt);
  return type === 'int32' ? Int32Array.from(data) : Uint8Array.from(data);
}

const named = (prefix: string, position: number): string => `${prefix}${position}`;

/** A model of one node; its outputs have the shapes given, or none but their number is known (for `evaluate`). */
function modelOf(name: string, use: OperatorCase, outputDims: readonly (readonly number[])[]): ModelProto {
  const [opType = '', domain = ''] = name.split('.').reverse();
  const types = use.outputs ?? ['float32'];
  const inputs = use.inputs.map((input, i) => (input === undefined ? '' : named('x', i)));
  const outputs = types.map((_, i) => named('y', i));
  const full = domain === '' ? '' : name.slice(0, -opType.length - 1);
  const node = makeNode({ opType, domain: full, inputs, outputs, attributes: use.attributes ?? {} });
  const graph = makeGraph({
    name: 'one-node',
    nodes: [node],
    inputs: use.inputs.flatMap((input, i) =>
      input === undefined ? [] : [makeValueInfo(named('x', i), input.type, input.dims)],
    ),
    outputs: types.map((type, i) => makeValueInfo(named('y', i), type, outputDims[i] ?? [])),
    initializers: [],
  });
  return makeModel(graph, full === '' ? { '': 17 } : { '': 17, [full]: 1 }, 8);
}

const feedsOf = <T>(use: OperatorCase, convert: (input: Feed) => T): Record<string, T> =>
  Object.fromEntries(
    use.inputs.flatMap((input, i) => (input === undefined ? [] : [[named('x', i), convert(input)]])),
  );

/** How the float64 interpreter's results for one node differ from ONNX Runtime's in float32; undefined if they do not. */
export async function disagreement(name: string, use: OperatorCase): Promise<string | undefined> {
  const values = evaluate(
    modelOf(name, use, []),
    feedsOf(use, ({ dims, data }) => ({ dims: [...dims], data: Float64Array.from(data) })),
  );
  const expected = (use.outputs ?? ['float32']).map((_, i) => values.get(named('y', i)));
  const model = modelOf(
    name,
    use,
    expected.map((value) => value?.dims ?? []),
  );
  await using session = await Session.open(encodeModel(model), { provider: 'cpu', threads: 1 });
  const actual = await session.run(
    feedsOf(use, (input) => ({ type: input.type, dims: input.dims, data: arrayOf(input) })),
  );
  return expected.flatMap((value, i) => {
    const result = actual[named('y', i)];
    if (value === undefined || result === undefined) return [`output ${i} is missing`];
    const data = Array.from<number | bigint, number>(result.data, Number);
    const message = compareTensors({ dims: result.dims, data }, value, { relative: 1e-5, absolute: 1e-6 });
    return message === undefined ? [] : [`output ${i}: ${message}`];
  })[0];
}
