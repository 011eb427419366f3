import { dataTypeOf } from './data-type.ts';
import {
  type AttributeProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  AttributeProto_AttributeType as Type,
  type ValueInfoProto,
} from './generated/onnx_pb.ts';

const typeName = (code: number): string => dataTypeOf(code) ?? `type${code}`;

/**
 * Prints the name, type and shape of an input or output: `image: uint8[N,224,224,3]`.
 * @example
 * ```ts
 * import { makeValueInfo, printValue } from 'snapshelf/onnx';
 *
 * console.log(printValue(makeValueInfo('image', 'uint8', ['N', 224, 224, 3]))); // image: uint8[N,224,224,3]
 * ```
 */
export function printValue({ name, type }: ValueInfoProto): string {
  if (type?.value.case !== 'tensorType') return `${name}: ${type?.value.case ?? 'untyped'}`;
  const { elemType, shape } = type.value.value;
  const dims = shape?.dim.map(({ value }) => (value.case === undefined ? '?' : String(value.value)));
  return `${name}: ${typeName(elemType)}[${dims?.join(',') ?? '...'}]`;
}

const printTensor = ({ name, dataType, dims }: TensorProto): string =>
  `${name}: ${typeName(dataType)}[${dims.join(',')}]`;

function attributeText(attribute: AttributeProto): string {
  switch (attribute.type) {
    case Type.INT:
      return String(attribute.i);
    case Type.INTS:
      return `[${attribute.ints.join(',')}]`;
    case Type.FLOAT:
      return String(Number(attribute.f.toPrecision(7)));
    case Type.FLOATS:
      return `[${attribute.floats.map((value) => Number(value.toPrecision(7))).join(',')}]`;
    case Type.STRING:
      return JSON.stringify(new TextDecoder().decode(attribute.s));
    case Type.TENSOR:
      return attribute.t === undefined ? 'tensor' : printTensor(attribute.t);
    default:
      return `(${Object.entries(Type).find(([, code]) => code === attribute.type)?.[0] ?? attribute.type})`;
  }
}

function printNode({ opType, domain, input, output, attribute }: NodeProto): string {
  const attributes = attribute.map((one) => `${one.name}=${attributeText(one)}`).join(', ');
  const operator = domain === '' ? opType : `${domain}.${opType}`;
  return `  ${output.join(', ')} = ${operator}(${input.join(', ')})${attributes === '' ? '' : ` {${attributes}}`}`;
}

function printGraph(graph: GraphProto): string[] {
  return [
    `graph ${graph.name}(`,
    ...graph.input.map((value) => `  ${printValue(value)}`),
    ') -> (',
    ...graph.output.map((value) => `  ${printValue(value)}`),
    ') {',
    ...graph.initializer.map((tensor) => `  const ${printTensor(tensor)}`),
    ...graph.node.map(printNode),
    '}',
  ];
}

/**
 * Prints a model for people: versions, metadata, then inputs, outputs, constants and nodes, one per line.
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { decodeModel, printModel } from 'snapshelf/onnx';
 *
 * console.log(printModel(decodeModel(await readFile('model.onnx'))));
 * ```
 */
export function printModel(model: ModelProto): string {
  const opsets = model.opsetImport.map(({ domain, version }) => `${domain || 'onnx'} ${version}`).join(', ');
  const head = [
    `ONNX model, IR ${model.irVersion}, opset ${opsets}, by ${model.producerName || 'unknown'} ${model.producerVersion}`.trimEnd(),
    ...model.metadataProps.map(({ key, value }) => `metadata ${key} = ${value}`),
  ];
  const graph = model.graph === undefined ? [] : printGraph(model.graph);
  return [...head, ...graph, ''].join('\n');
}
