import { countElements } from '../tensor/index.ts';
import type { AttributeProto, NodeProto } from './generated/onnx_pb.ts';

/** The sizes of a value, every one known. */
export type Shape = readonly number[];

/** The shape of a node's output, and the number of multiplications or other steps that it takes. */
export interface Effect {
  readonly shape: Shape;
  readonly steps: number;
}

type Rule = (inputs: readonly Shape[], attributes: Attributes) => Effect;

function check(holds: boolean, message: string): asserts holds {
  if (!holds) throw new RangeError(message);
}

/** Attributes of a node by name. */
class Attributes {
  readonly #byName = new Map<string, AttributeProto>();

  constructor(list: readonly AttributeProto[]) {
    for (const attribute of list) this.#byName.set(attribute.name, attribute);
    check(this.#byName.size === list.length, 'It has two attributes of one name.');
  }

  number(name: string, otherwise: number): number {
    const value = Number(this.#byName.get(name)?.i ?? otherwise);
    check(Number.isSafeInteger(value), `${name} is out of range.`);
    return value;
  }

  /** Two numbers, or four, within bounds. */
  numbers(name: string, least: number, otherwise: Shape): Shape {
    const values = this.#byName.get(name)?.ints.map(Number) ?? otherwise;
    const holds = values.every((value) => Number.isSafeInteger(value) && value >= least && value < 2 ** 16);
    check(holds && values.length === otherwise.length, `${name} is out of range.`);
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
  check(x !== undefined, 'It has no input.');
  return x;
};
const same: Rule = (inputs) => as(first(inputs));

/** Two inputs take a step for each number, and each further one, of which Max may have thousands, another. */
const broadcast: Rule = (inputs) => {
  check(inputs.length > 0, 'It has no input.');
  const rank = Math.max(...inputs.map(({ length }) => length));
  const padded = inputs.map((shape) => [...new Array<number>(rank - shape.length).fill(1), ...shape]);
  const shape = Array.from({ length: rank }, (_, axis) => {
    const sizes = new Set(padded.map((dims) => dims[axis] ?? 1).filter((dim) => dim !== 1));
    check(sizes.size <= 1, 'Its inputs do not fit together.');
    return [...sizes][0] ?? 1;
  });
  return { shape, steps: countElements(shape) * Math.max(1, inputs.length - 1) };
};

const transpose: Rule = (inputs, attributes) => {
  const shape = first(inputs);
  const perm = attributes.list('perm') ?? shape.map((_, axis) => axis).reverse();
  const sorted = perm.toSorted((a, b) => a - b);
  check(
    perm.length === shape.length && sorted.every((axis, at) => axis === at),
    'perm must be an order of the axes.',
  );
  return as(perm.map((axis) => shape[axis] ?? 0));
};

const flatten: Rule = (inputs, attributes) => {
  const shape = first(inputs);
  const axis = attributes.number('axis', 1);
  check(axis >= 0 && axis <= shape.length, 'axis must be within the shape.');
  return as([countElements(shape.slice(0, axis)), countElements(shape.slice(axis))]);
};

/** Returns the sizes of the output of a sliding window. */
function windowed(input: Shape, kernel: Shape, attributes: Attributes): Shape {
  const automatic = attributes.text('auto_pad');
  check(automatic === '' || automatic === 'NOTSET', 'auto_pad must be NOTSET.');
  const strides = attributes.numbers('strides', 1, [1, 1]);
  const dilations = attributes.numbers('dilations', 1, [1, 1]);
  const pads = attributes.numbers('pads', 0, [0, 0, 0, 0]);
  const round = attributes.number('ceil_mode', 0) === 0 ? Math.floor : Math.ceil;
  return [0, 1].map((axis) => {
    const wide = (input[axis + 2] ?? 0) + (pads[axis] ?? 0) + (pads[axis + 2] ?? 0);
    const covered = (dilations[axis] ?? 1) * ((kernel[axis] ?? 1) - 1) + 1;
    check(covered <= wide, 'Its window is larger than what it slides over.');
    return round((wide - covered) / (strides[axis] ?? 1)) + 1;
  });
}

const conv: Rule = (inputs, attributes) => {
  const [x = [], weight = []] = inputs;
  check(x.length === 4 && weight.length === 4, 'Only convolutions over two axes are supported.');
  const kernel = weight.slice(2);
  const stated = attributes.numbers('kernel_shape', 1, kernel);
  check(stated.join() === kernel.join(), 'kernel_shape must be that of the weight.');
  const group = attributes.number('group', 1);
  check(group >= 1 && (weight[1] ?? 0) * group === x[1], 'Its channels do not fit together.');
  const shape = [x[0] ?? 0, weight[0] ?? 0, ...windowed(x, kernel, attributes)];
  return { shape, steps: countElements(shape) * countElements(weight.slice(1)) };
};

const pool: Rule = (inputs, attributes) => {
  const x = first(inputs);
  const kernel = attributes.numbers('kernel_shape', 1, [1, 1]);
  check(x.length === 4, 'Only pooling over two axes is supported.');
  const shape = [...x.slice(0, 2), ...windowed(x, kernel, attributes)];
  return { shape, steps: countElements(shape) * countElements(kernel) };
};

const globalPool: Rule = (inputs) => {
  const x = first(inputs);
  return { shape: x.map((dim, axis) => (axis < 2 ? dim : 1)), steps: countElements(x) };
};

const gemm: Rule = (inputs, attributes) => {
  const [a = [], b = []] = inputs;
  check(a.length === 2 && b.length === 2, 'Only products of two matrices are supported.');
  const [rows = 0, inner = 0] = attributes.number('transA', 0) === 0 ? a : a.toReversed();
  const [same = 0, columns = 0] = attributes.number('transB', 0) === 0 ? b : b.toReversed();
  check(inner === same, 'Its matrices do not fit together.');
  return { shape: [rows, columns], steps: rows * columns * inner };
};

/** One number of each row of a matrix. */
const reduceRows: Rule = (inputs, attributes) => {
  const x = first(inputs);
  const axes = attributes.list('axes') ?? [];
  check(x.length === 2 && axes.join() === '1', 'Only the rows of a matrix can be reduced.');
  check(attributes.number('keepdims', 1) === 1, 'keepdims must be 1.');
  return { shape: [x[0] ?? 0, 1], steps: countElements(x) };
};

const concat: Rule = (inputs, attributes) => {
  const [rows] = first(inputs);
  const fits = inputs.every((shape) => shape.length === 2 && shape[0] === rows);
  check(fits && attributes.number('axis', 0) === 1, 'Only the rows of matrices can be joined.');
  return as([rows ?? 0, inputs.reduce((sum, [, columns = 0]) => sum + columns, 0)]);
};

/** The rules of the operators that a model may have: those that `export` writes or ever wrote. */
const rules: Readonly<Record<string, Rule>> = {
  Add: broadcast,
  BatchNormalization: same,
  Cast: same,
  Clip: same,
  Concat: concat,
  Conv: conv,
  DequantizeLinear: same,
  Div: broadcast,
  Exp: same,
  Flatten: flatten,
  Gemm: gemm,
  GlobalAveragePool: globalPool,
  HardSigmoid: same,
  Identity: same,
  LogSoftmax: same,
  Max: broadcast,
  MaxPool: pool,
  Mul: broadcast,
  Pow: broadcast,
  QuantizeLinear: same,
  Reciprocal: same,
  ReduceL2: reduceRows,
  ReduceMax: reduceRows,
  Relu: same,
  Sqrt: same,
  Sub: broadcast,
  Transpose: transpose,
};

/** The operators of ONNX that a model may have. */
const knownOperators: readonly string[] = Object.keys(rules);

/**
 * Returns the shape of a node's output and the steps that it takes.
 *
 * @param inputs - the shapes of its inputs, without those that are left out
 * @throws RangeError for an operator that is not among `knownOperators`, or inputs that do not fit it
 */
export function effectOf({ opType, attribute }: NodeProto, inputs: readonly Shape[]): Effect {
  const rule = Object.hasOwn(rules, opType) ? rules[opType] : undefined;
  check(
    rule !== undefined,
    `The operator ${JSON.stringify(opType)} is none of ${knownOperators.join(', ')}.`,
  );
  return rule(inputs, new Attributes(attribute));
}
