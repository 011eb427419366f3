import { isDeepStrictEqual } from 'node:util';
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
import type { Feed, OperatorCase } from './operator-case.ts';

function arrayOf({ type, data }: Feed): RuntimeTensor['data'] {
  if (type === 'float32') return Float32Array.from(data);
  if (type === 'int64') return BigInt64Array.from(data, BigInt);
  return type === 'int32' ? Int32Array.from(data) : Uint8Array.from(data);
}

const named = (prefix: string, position: number): string => `${prefix}${position}`;

/** ONNX's defaults of attributes: of all operators that have one of the name, or of one operator. */
const defaults: Readonly<Record<string, AttributeValue>> = {
  strides: [1, 1],
  dilations: [1, 1],
  pads: [0, 0, 0, 0],
  output_padding: [0, 0],
  group: 1,
  count_include_pad: 0,
  training_mode: 0,
  epsilon: { float: 1e-5 },
  momentum: { float: 0.9 },
  alpha: { float: 1 },
  beta: { float: 1 },
  transA: 0,
  transB: 0,
  keepdims: 1,
  reduction: 'none',
  'Flatten.axis': 1,
  'Gather.axis': 0,
  'GatherElements.axis': 0,
  'ScatterElements.axis': 0,
  'OneHot.axis': -1,
  'Softmax.axis': -1,
  'LogSoftmax.axis': -1,
};

/** What is said no otherwise than by default is left out of the node: so defaults are held against each other too. */
function said(opType: string, attributes: NonNullable<OperatorCase['attributes']>): typeof attributes {
  const byDefault = (name: string): AttributeValue | undefined =>
    defaults[name] ?? defaults[`${opType}.${name}`];
  const entries = Object.entries(attributes).filter(
    ([name, value]) => !isDeepStrictEqual(value, byDefault(name)),
  );
  return Object.fromEntries(entries);
}

/** A model of one node; its outputs are said to have these shapes, which `evaluate` does not look at. */
function modelOf(name: string, use: OperatorCase, outputDims: readonly (readonly number[])[]): ModelProto {
  const dot = name.lastIndexOf('.');
  const [domain, opType] = [name.slice(0, Math.max(dot, 0)), name.slice(dot + 1)];
  const types = use.outputs ?? ['float32'];
  const inputs = use.inputs.map((input, i) => (input === undefined ? '' : named('x', i)));
  const outputs = types.map((_, i) => named('y', i));
  const attributes = said(opType, use.attributes ?? {});
  const node = makeNode({ opType, domain, inputs, outputs, attributes });
  const graph = makeGraph({
    name: 'one-node',
    nodes: [node],
    inputs: use.inputs.flatMap((input, i) =>
      input === undefined ? [] : [makeValueInfo(named('x', i), input.type, input.dims)],
    ),
    outputs: types.map((type, i) => makeValueInfo(named('y', i), type, outputDims[i] ?? [])),
    initializers: [],
  });
  return makeModel(graph, { '': 17, ...(domain !== '' && { [domain]: 1 }) }, 8);
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
