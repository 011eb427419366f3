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

/** What an operator's attribute may be; a number is written as an integer when it is one, unless wrapped by `float`. */
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

/** What a node is made of. `inputs` may hold '' for an optional input that is left out. */
export interface NodeOptions {
  readonly name?: string;
  readonly opType: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

/** A node of a graph. */
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

/** The name, type and shape of a graph's input or output; a string in `shape` is a symbolic size such as `N`. */
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

/** What a graph is made of, nodes in an order in which each follows what it reads. */
export interface GraphOptions {
  readonly name: string;
  readonly nodes: readonly NodeProto[];
  readonly inputs: readonly ValueInfoProto[];
  readonly outputs: readonly ValueInfoProto[];
  readonly initializers: readonly TensorProto[];
}

export const makeGraph = ({ name, nodes, inputs, outputs, initializers }: GraphOptions): GraphProto =>
  create(GraphProtoSchema, {
    name,
    node: [...nodes],
    input: [...inputs],
    output: [...outputs],
    initializer: [...initializers],
  });

/** A model around a graph. `opsets` maps a domain ('' is ONNX itself) to its version. */
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

/** Sets one entry of a model's `metadata_props`. */
export function setProperty(model: ModelProto, key: string, value: string): void {
  const entry = model.metadataProps.find((candidate) => candidate.key === key);
  if (entry === undefined) model.metadataProps.push({ $typeName: 'onnx.StringStringEntryProto', key, value });
  else entry.value = value;
}
