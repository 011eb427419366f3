import { makeTensor, type TensorProto } from '../onnx/index.ts';

/**
 * Makes the tensors of parameters from their shapes and numbers.
 *
 * @throws RangeError if a parameter has no numbers or the wrong count of them
 */
export function parameterTensors(
  shapes: ReadonlyMap<string, readonly number[]>,
  numbers: ReadonlyMap<string, Float32Array>,
): TensorProto[] {
  return [...shapes].map(([name, shape]) => {
    const data = numbers.get(name);
    if (data === undefined) throw new RangeError(`Parameter ${name} has no numbers.`);
    return makeTensor(name, 'float32', shape, data);
  });
}
