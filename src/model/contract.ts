import { SnapshelfError } from '../errors.ts';
import { shown } from '../json/index.ts';
import {
  checkInference,
  codeOf,
  type DataType,
  type ModelProto,
  printValue,
  type ValueInfoProto,
} from '../onnx/index.ts';
import type { ModelMetadata } from './metadata-schema.ts';

const refuse = (reason: string): SnapshelfError =>
  new SnapshelfError('model-invalid', `This is not a Snapshelf model. ${reason}`);

/** True if a value has a free number of pictures and then the given sizes; undefined stands for any size. */
function isOf({ type }: ValueInfoProto, dataType: DataType, sizes: readonly (number | undefined)[]): boolean {
  if (type?.value.case !== 'tensorType') return false;
  const { elemType, shape } = type.value.value;
  const [pictures, ...others] = shape?.dim ?? [];
  return (
    elemType === codeOf(dataType) &&
    pictures !== undefined &&
    pictures.value.case !== 'dimValue' &&
    others.length === sizes.length &&
    others.every(
      ({ value }, axis) =>
        value.case === 'dimValue' && [Number(value.value), undefined].includes(sizes[axis]),
    )
  );
}

const list = (values: readonly ValueInfoProto[]): string =>
  shown(values.map(printValue).join(', ') || 'nothing');

/**
 * Checks that a model keeps the contract of ARCHITECTURE.md and its own metadata: `image: uint8[N,H,W,3]` of the crop's
 * size to `embedding: float32[N,D]` and, for a teacher, `logits: float32[N,C]`; and that `checkInference` accepts it.
 *
 * @throws SnapshelfError `model-invalid` if it contradicts them, `onnx-invalid` from `checkInference`
 */
export function checkContract(model: ModelProto, { dimension, preprocessing }: ModelMetadata): void {
  const { width, height } = preprocessing.crop;
  const { input = [], output = [], initializer = [] } = model.graph ?? {};
  const constants = new Set(initializer.map(({ name }) => name));
  // Files of IR version 3 list their constants among the inputs.
  const inputs = input.filter(({ name }) => !constants.has(name));
  const [image, ...others] = inputs;
  if (image?.name !== 'image' || others.length > 0 || !isOf(image, 'uint8', [height, width, 3]))
    throw refuse(`Its inputs are ${list(inputs)} instead of image: uint8[N,${height},${width},3].`);
  const isKnown = (value: ValueInfoProto): boolean =>
    (value.name === 'embedding' && isOf(value, 'float32', [dimension])) ||
    (value.name === 'logits' && isOf(value, 'float32', [undefined]));
  if (!output.every(isKnown) || output.filter(({ name }) => name === 'embedding').length !== 1)
    throw refuse(`Its outputs are ${list(output)} instead of embedding: float32[N,${dimension}].`);
  const shapes = checkInference(model, new Map([['image', [1, height, width, 3]]]));
  for (const value of output) checkShape(value, shapes.get(value.name) ?? []);
}

/** Checks that the nodes give an output the shape that the file states. */
function checkShape(value: ValueInfoProto, shape: readonly number[]): void {
  const [, stated] = value.type?.value.case === 'tensorType' ? (value.type.value.value.shape?.dim ?? []) : [];
  if (shape.length !== 2 || shape[0] !== 1 || stated?.value.value !== BigInt(shape[1] ?? 0))
    throw refuse(`Its nodes give ${value.name} the shape [${shape}] for one picture.`);
}
