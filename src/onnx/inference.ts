import { SnapshelfError } from '../errors.ts';
import { shown } from '../json/index.ts';
import { bytesPerElement, countElements } from '../tensor/index.ts';
import { dataTypeOf } from './data-type.ts';
import {
  type AttributeProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  TensorProto_DataLocation,
} from './generated/onnx_pb.ts';
import { Occupancy } from './occupancy.ts';
import { effectOf, type Shape } from './shapes.ts';
import { tensorData, tensorDataType } from './tensor.ts';

/** The shape of every input, for one picture. */
export type InferenceInputs = ReadonlyMap<string, Shape>;

/** The most multiplications for one picture: ResNet-101 at 1024 px takes 2^37. */
const mostSteps = 2 ** 40;
/** The most axes of a value; pictures have four. */
const mostAxes = 8;
/** The domains of allowed operators: ONNX's own, under both of its names. */
const domains: readonly string[] = ['', 'ai.onnx'];

const refuse = (reason: string, cause?: unknown): SnapshelfError =>
  new SnapshelfError('onnx-invalid', `The model is not run. ${reason}`, { cause });

/** Checks that the numbers of a tensor are inside the file, fill its shape and have a known type. */
function checkTensor(tensor: TensorProto): void {
  if (tensor.dataLocation !== TensorProto_DataLocation.DEFAULT || tensor.externalData.length > 0)
    throw refuse(`Its tensor ${shown(tensor.name)} is in another file.`);
  if (tensor.segment !== undefined) throw refuse(`Its tensor ${shown(tensor.name)} is a segment of another.`);
  const elements = countElements(tensor.dims.map(Number));
  // A view of numbers that are not aligned would copy them.
  if (tensor.rawData.byteLength !== elements * bytesPerElement(tensorDataType(tensor))) tensorData(tensor);
}

function checkAttribute(attribute: AttributeProto, opType: string): void {
  const { name, g, graphs, t, tensors, sparseTensor, sparseTensors, tp, typeProtos, refAttrName, i } =
    attribute;
  if (g !== undefined || graphs.length > 0)
    throw refuse(`Its ${shown(opType)} has a graph, but branches and loops are not run.`);
  if (sparseTensor !== undefined || sparseTensors.length > 0 || t !== undefined || tensors.length > 0)
    throw refuse(`Its ${shown(opType)} has a tensor, but constants belong among the initializers.`);
  if (tp !== undefined || typeProtos.length > 0 || refAttrName !== '')
    throw refuse(`Its ${shown(opType)} has the attribute ${shown(name)} of a kind that is not supported.`);
  if (opType === 'Cast' && name === 'to' && dataTypeOf(Number(i)) === undefined)
    throw refuse('Its Cast makes something other than numbers.');
}

function checkNode({ opType, domain, overload, output, attribute }: NodeProto): void {
  if (!domains.includes(domain) || overload !== '')
    throw refuse(`Its operator ${shown(`${domain}.${opType}`)} is not one of ONNX's own.`);
  if (output.length !== 1) throw refuse(`Its ${shown(opType)} has ${output.length} outputs instead of one.`);
  for (const one of attribute) checkAttribute(one, opType);
}

function checkModel({ functions, trainingInfo, opsetImport, graph }: ModelProto): GraphProto {
  if (functions.length > 0) throw refuse('It has functions of its own.');
  if (trainingInfo.length > 0) throw refuse('It has a training procedure.');
  const foreign = opsetImport.find(({ domain }) => !domains.includes(domain));
  if (foreign !== undefined)
    throw refuse(`It imports operators of ${shown(foreign.domain)}; only those of ONNX itself are run.`);
  if (graph === undefined) throw refuse('It has no graph.');
  if (graph.sparseInitializer.length > 0) throw refuse('It has sparse tensors.');
  return graph;
}

/** The shapes of all values, in the order of the nodes. A value that is read before it is made, as in a cycle, is refused. */
class Values {
  readonly #shapes = new Map<string, Shape>();
  #steps = 0;

  define(name: string, shape: Shape): void {
    if (name === '' || this.#shapes.has(name)) throw refuse(`It has two values called ${shown(name)}.`);
    if (shape.length > mostAxes) throw refuse(`Its value ${shown(name)} has more than ${mostAxes} axes.`);
    if (!shape.every((dim) => Number.isSafeInteger(dim) && dim >= 1))
      throw refuse(`Its value ${shown(name)} has the shape [${shape}].`);
    this.#shapes.set(name, shape);
  }

  shapeOf(name: string, reader: string): Shape {
    const shape = this.#shapes.get(name);
    if (shape === undefined) throw refuse(`Its ${reader} reads ${shown(name)}, which is not there yet.`);
    return shape;
  }

  apply(node: NodeProto, at: number, occupancy: Occupancy): void {
    const inputs = node.input.filter((name) => name !== '');
    const shapes = inputs.map((name) => this.shapeOf(name, shown(node.opType)));
    try {
      const { shape, steps } = effectOf(node, shapes);
      this.#steps += steps;
      if (!(this.#steps <= mostSteps))
        throw new RangeError(`It takes more than ${mostSteps} steps per picture.`);
      occupancy.add(at, node, countElements(shape));
      this.define(node.output[0] ?? '', shape);
    } catch (cause) {
      if (cause instanceof RangeError)
        throw refuse(`Its node ${shown(node.name || node.opType)} is refused. ${cause.message}`, cause);
      throw cause;
    }
  }
}

/**
 * Checks that a model only turns a picture into numbers, before ONNX Runtime sees it. It may have operators of ONNX itself
 * from `knownOperators`, but no branch, loop, function or training procedure. All numbers must be inside the file and fill
 * their shapes. Every value must be made once, before it is read. The numbers in memory (`Occupancy`) and the steps for one
 * picture are limited.
 *
 * @returns the shapes of the outputs by name, for one picture
 * @throws SnapshelfError `onnx-invalid` that names the value or operator
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { checkInference, decodeModel } from 'snapshelf/onnx';
 *
 * const model = decodeModel(await readFile('model.onnx'));
 * const outputs = checkInference(model, new Map([['image', [1, 224, 224, 3]]]));
 * console.log(outputs.get('embedding'));
 * ```
 */
export function checkInference(model: ModelProto, inputs: InferenceInputs): Map<string, Shape> {
  const graph = checkModel(model);
  const values = new Values();
  for (const [name, shape] of inputs) values.define(name, shape);
  for (const tensor of graph.initializer) {
    checkTensor(tensor);
    values.define(tensor.name, tensor.dims.map(Number));
  }
  const occupancy = new Occupancy(graph, inputs);
  for (const [at, node] of graph.node.entries()) {
    checkNode(node);
    values.apply(node, at, occupancy);
  }
  return new Map(graph.output.map(({ name }) => [name, values.shapeOf(name, 'output')]));
}
