import { create } from '@bufbuild/protobuf';
import { codeOf, type DataType } from './data-type.ts';
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './generated/onnx_pb.ts';

/** The value of an attribute. A whole number is written as an integer unless it is wrapped by `float`. */
export type AttributeValue =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | TensorProto
  | GraphProto;

const isMessage = (value: object): value is TensorProto | GraphProto => '$typeName' in value;

function makeAttribute(name: string, value: AttributeValue): AttributeProto {
  const { INT, INTS, FLOAT, STRING, TENSOR, GRAPH } = AttributeProto_AttributeType;
  if (typeof value === 'number') return create(AttributeProtoSchema, { name, type: INT, i: BigInt(value) });
  if (typeof value === 'string')
    return create(AttributeProtoSchema, { name, type: STRING, s: new TextEncoder().encode(value) });
  if (Array.isArray(value))
    return create(AttributeProtoSchema, { name, type: INTS, ints: value.map(BigInt) });
  if (isMessage(value as object))
    return (value as object as { $typeName: string }).$typeName === 'onnx.GraphProto'
      ? create(AttributeProtoSchema, { name, type: GRAPH, g: value as GraphProto })
      : create(AttributeProtoSchema, { name, type: TENSOR, t: value as TensorProto });
  return create(AttributeProtoSchema, { name, type: FLOAT, f: (value as { float: number }).float });
}

/** Options of `makeNode`. `inputs` has '' for an optional input that is left out. */
export interface NodeOptions {
  readonly name?: string;
  readonly opType: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

/**
 * Makes a node of a graph.
 * @example
 * ```ts
 * import { makeNode } from 'snapshelf/onnx';
 *
 * const node = makeNode({ opType: 'Concat', inputs: ['a', 'b'], outputs: ['c'], attributes: { axis: 1 } });
 * ```
 */
export function makeNode(options: NodeOptions): NodeProto {
  const { name = '', opType, domain = '', inputs, outputs, attributes = {} } = options;
  const attribute = Object.entries(attributes).map(([key, value]) => makeAttribute(key, value));
  return create(NodeProtoSchema, {
    name,
    opType,
    domain,
    input: [...inputs],
    output: [...outputs],
    attribute,
  });
}

/**
 * Makes the name, type and shape of an input or output; a string in `shape` is a symbolic size such as `N`.
 * @example
 * ```ts
 * import { makeValueInfo } from 'snapshelf/onnx';
 *
 * const image = makeValueInfo('image', 'uint8', ['N', 224, 224, 3]);
 * ```
 */
export function makeValueInfo(
  name: string,
  dataType: DataType,
  shape: readonly (number | string)[],
): ValueInfoProto {
  const dim = shape.map((size) =>
    typeof size === 'string'
      ? { value: { case: 'dimParam' as const, value: size } }
      : { value: { case: 'dimValue' as const, value: BigInt(size) } },
  );
  const tensorType = { elemType: codeOf(dataType), shape: { dim } };
  return create(ValueInfoProtoSchema, { name, type: { value: { case: 'tensorType', value: tensorType } } });
}

/** Options of `makeGraph`; each node must follow the nodes that it reads from. */
export interface GraphOptions {
  readonly name: string;
  readonly nodes: readonly NodeProto[];
  readonly inputs: readonly ValueInfoProto[];
  readonly outputs: readonly ValueInfoProto[];
  readonly initializers: readonly TensorProto[];
}

/**
 * Makes a graph.
 * @example
 * ```ts
 * import { makeGraph, makeNode, makeTensor, makeValueInfo } from 'snapshelf/onnx';
 *
 * const output = makeValueInfo('sum', 'float32', ['N', 3]);
 * const graph = makeGraph({
 *   name: 'add',
 *   nodes: [makeNode({ opType: 'Add', inputs: ['x', 'one'], outputs: ['sum'] })],
 *   inputs: [makeValueInfo('x', 'float32', ['N', 3])],
 *   outputs: [output],
 *   initializers: [makeTensor('one', 'float32', [1], new Float32Array([1]))],
 * });
 * ```
 */
export const makeGraph = ({ name, nodes, inputs, outputs, initializers }: GraphOptions): GraphProto =>
  create(GraphProtoSchema, {
    name,
    node: [...nodes],
    input: [...inputs],
    output: [...outputs],
    initializer: [...initializers],
  });

/**
 * Makes a model of a graph. `opsets` maps a domain ('' is ONNX itself) to its version.
 * @example
 * ```ts
 * import { makeGraph, makeModel, makeNode, makeTensor, makeValueInfo } from 'snapshelf/onnx';
 *
 * const output = makeValueInfo('sum', 'float32', ['N', 3]);
 * const graph = makeGraph({
 *   name: 'add',
 *   nodes: [makeNode({ opType: 'Add', inputs: ['x', 'one'], outputs: ['sum'] })],
 *   inputs: [makeValueInfo('x', 'float32', ['N', 3])],
 *   outputs: [output],
 *   initializers: [makeTensor('one', 'float32', [1], new Float32Array([1]))],
 * });
 * const model = makeModel(graph, { '': 17 }, 8);
 * ```
 */
export function makeModel(
  graph: GraphProto,
  opsets: Readonly<Record<string, number>>,
  irVersion: number,
  producerVersion = '',
): ModelProto {
  const opsetImport = Object.entries(opsets).map(([domain, version]) => ({
    domain,
    version: BigInt(version),
  }));
  return create(ModelProtoSchema, {
    irVersion: BigInt(irVersion),
    producerName: 'snapshelf',
    producerVersion,
    opsetImport,
    graph,
  });
}

/**
 * Sets one entry of a model's `metadata_props`.
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { decodeModel, setProperty } from 'snapshelf/onnx';
 *
 * const model = decodeModel(await readFile('model.onnx'));
 * setProperty(model, 'author', 'A. Shop');
 * ```
 */
export function setProperty(model: ModelProto, key: string, value: string): void {
  const entry = model.metadataProps.find((candidate) => candidate.key === key);
  if (entry === undefined) model.metadataProps.push({ $typeName: 'onnx.StringStringEntryProto', key, value });
  else entry.value = value;
}
