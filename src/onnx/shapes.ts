import { countElements } from '../tensor/index.ts';
import type { AttributeProto, NodeProto } from './generated/onnx_pb.ts';

/** The sizes of a value, every one known. */
export type Shape = readonly number[];

/** What a node gives, and how many multiplications or other steps that takes. */
export interface Effect {
  readonly shape: Shape;
  readonly steps: number;
}

type Rule = (inputs: readonly Shape[], attributes: Attributes) => Effect;

function demand(holds: boolean, why: string): asserts holds {
  if (!holds) throw new RangeError(why);
}

/** Attributes of a node by name. */
class Attributes {
  readonly #byName = new Map<string, AttributeProto>();

  constructor(list: readonly AttributeProto[]) {
    for (const attribute of list) this.#byName.set(attribute.name, attribute);
    demand(this.#byName.size === list.length, 'it has two attributes of one name');
  }

  number(name: string, otherwise: number): number {
    const value = Number(this.#byName.get(name)?.i ?? otherwise);
    demand(Number.isSafeInteger(value), `${name} is out of range`);
    return value;
  }

  /** Two numbers, or four, within bounds. */
  numbers(name: string, least: number, otherwise: Shape): Shape {
    const values = this.#byName.get(name)?.ints.map(Number) ?? otherwise;
    const holds = values.every((value) => Number.isSafeInteger(value) && value >= least && value < 2 ** 16);
    demand(holds && values.length === otherwise.length, `${name} is out of range`);
    return values;
  }

  text(name: string): string {
    return new TextDecoder().decode(this.#byName.get(name)?.s);
  }

  list(name: string): Shape | undefined {
    return this.#byName.get(name)?.ints.map(Number);
  }
}

const as = (shape: Shape): Effect => ({ shape, steps: countElements(shape) });
const first = ([x]: readonly Shape[]): Shape => {
  demand(x !== undefined, 'it has no input');
  return x;
};
const same: Rule = (inputs) => as(first(inputs));

const broadcast: Rule = (inputs) => {
  const rank = Math.max(...inputs.map(({ length }) => length));
  const padded = inputs.map((shape) => [...new Array<number>(rank - shape.length).fill(1), ...shape]);
  const shape = Array.from({ length: rank }, (_, axis) => {
    const sizes = new Set(padded.map((dims) => dims[axis] ?? 1).filter((dim) => dim !== 1));
    demand(sizes.size <= 1, 'its inputs do not fit together');
    return [...sizes][0] ?? 1;
  });
  return as(shape);
};

const transpose: Rule = (inputs, attributes) => {
  const shape = first(inputs);
  const perm = attributes.list('perm') ?? shape.map((_, axis) => axis).reverse();
  const sorted = perm.toSorted((a, b) => a - b);
  demand(perm.length === shape.length && sorted.every((axis, at) => axis === at), 'perm is no order of axes');
  return as(perm.map((axis) => shape[axis] ?? 0));
};

const flatten: Rule = (inputs, attributes) => {
  const shape = first(inputs);
  const axis = attributes.number('axis', 1);
  demand(axis >= 0 && axis <= shape.length, 'axis is out of range');
  return as([countElements(shape.slice(0, axis)), countElements(shape.slice(axis))]);
};

/** The place of a window of `kernel` on an axis, as attributes say. */
function windowed(input: Shape, kernel: Shape, attributes: Attributes): Shape {
  const automatic = attributes.text('auto_pad');
  demand(automatic === '' || automatic === 'NOTSET', 'auto_pad is not supported');
  const strides = attributes.numbers('strides', 1, [1, 1]);
  const dilations = attributes.numbers('dilations', 1, [1, 1]);
  const pads = attributes.numbers('pads', 0, [0, 0, 0, 0]);
  const round = attributes.number('ceil_mode', 0) === 0 ? Math.floor : Math.ceil;
  return [0, 1].map((axis) => {
    const wide = (input[axis + 2] ?? 0) + (pads[axis] ?? 0) + (pads[axis + 2] ?? 0);
    const covered = (dilations[axis] ?? 1) * ((kernel[axis] ?? 1) - 1) + 1;
    demand(covered <= wide, 'its window is larger than what it slides over');
    return round((wide - covered) / (strides[axis] ?? 1)) + 1;
  });
}

const conv: Rule = (inputs, attributes) => {
  const [x = [], weight = []] = inputs;
  demand(x.length === 4 && weight.length === 4, 'only convolutions over two axes are supported');
  const kernel = weight.slice(2);
  const stated = attributes.numbers('kernel_shape', 1, kernel);
  demand(stated.join() === kernel.join(), 'kernel_shape contradicts the weight');
  const group = attributes.number('group', 1);
  demand(group >= 1 && (weight[1] ?? 0) * group === x[1], 'its channels do not fit together');
  const shape = [x[0] ?? 0, weight[0] ?? 0, ...windowed(x, kernel, attributes)];
  return { shape, steps: countElements(shape) * countElements(weight.slice(1)) };
};

const pool: Rule = (inputs, attributes) => {
  const x = first(inputs);
  const kernel = attributes.numbers('kernel_shape', 1, [1, 1]);
  demand(x.length === 4, 'only pooling over two axes is supported');
  const shape = [...x.slice(0, 2), ...windowed(x, kernel, attributes)];
  return { shape, steps: countElements(shape) * countElements(kernel) };
};

const globalPool: Rule = (inputs) => {
  const x = first(inputs);
  return { shape: x.map((dim, axis) => (axis < 2 ? dim : 1)), steps: countElements(x) };
};

const gemm: Rule = (inputs, attributes) => {
  const [a = [], b = []] = inputs;
  demand(a.length === 2 && b.length === 2, 'only products of two matrices are supported');
  const [rows = 0, inner = 0] = attributes.number('transA', 0) === 0 ? a : a.toReversed();
  const [same = 0, columns = 0] = attributes.number('transB', 0) === 0 ? b : b.toReversed();
  demand(inner === same, 'its matrices do not fit together');
  return { shape: [rows, columns], steps: rows * columns * inner };
};

/** Every operator that a model may hold: those that `export` writes, or ever wrote. */
const rules: Readonly<Record<string, Rule>> = {
  Add: broadcast,
  BatchNormalization: same,
  Cast: same,
  Clip: same,
  Conv: conv,
  DequantizeLinear: same,
  Flatten: flatten,
  Gemm: gemm,
  GlobalAveragePool: globalPool,
  Identity: same,
  MaxPool: pool,
  Mul: broadcast,
  Pow: broadcast,
  QuantizeLinear: same,
  Reciprocal: same,
  Relu: same,
  Sub: broadcast,
  Transpose: transpose,
};

/** The operators of ONNX that a model may hold. */
export const knownOperators: readonly string[] = Object.keys(rules);

/**
 * The shape of what a node gives.
 * @param inputs those of its inputs that are there, in order
 * @throws RangeError for an operator that is not among `knownOperators`, or inputs that do not fit it
 */
export function effectOf({ opType, attribute }: NodeProto, inputs: readonly Shape[]): Effect {
  const rule = Object.hasOwn(rules, opType) ? rules[opType] : undefined;
  demand(
    rule !== undefined,
    `the operator ${JSON.stringify(opType)} is none of ${knownOperators.join(', ')}`,
  );
  return rule(inputs, new Attributes(attribute));
}
