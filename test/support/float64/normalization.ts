import type { Call, Operator } from './call.ts';
import { at, axisOf, forEachIndex, generate, read, type Tensor64 } from './tensor.ts';

/** The numbers of each channel of `x[N,C,...]`. */
function channelsOf(x: Tensor64): number[][] {
  const channels: number[][] = Array.from({ length: at(x.dims, 1) }, () => []);
  forEachIndex(x.dims, ([, c = 0], position) => {
    channels[c]?.push(at(x.data, position));
  });
  return channels;
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The mean square distance from the mean: divided by n. */
function varianceOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return meanOf(values.map((value) => (value - mean) ** 2));
}

const vector = (values: readonly number[]): Tensor64 => ({
  dims: [values.length],
  data: Float64Array.from(values),
});

/**
 * y, and in training mode also the running mean and variance: `running * momentum + batch * (1 - momentum)`, with the
 * population variance of the batch, as ONNX says (PyTorch divides that one by n - 1).
 */
export const batchNormalization: Operator = (call) => {
  const x = call.input(0);
  const [scale, bias, mean, variance] = [call.input(1), call.input(2), call.input(3), call.input(4)];
  const epsilon = call.float('epsilon', 1e-5);
  const momentum = call.float('momentum', 0.9);
  const training = call.integer('training_mode', 0) === 1;
  const usedMean = training ? vector(channelsOf(x).map(meanOf)) : mean;
  const usedVariance = training ? vector(channelsOf(x).map(varianceOf)) : variance;
  const y = generate(x.dims, (index) => {
    const c = [at(index, 1)];
    const centred = read(x, index) - read(usedMean, c);
    return (centred / Math.sqrt(read(usedVariance, c) + epsilon)) * read(scale, c) + read(bias, c);
  });
  const follow = (running: Tensor64, batch: Tensor64): Tensor64 =>
    generate(running.dims, (c) => read(running, c) * momentum + read(batch, c) * (1 - momentum));
  return training ? [y, follow(mean, usedMean), follow(variance, usedVariance)] : [y];
};

/** x less the logarithm of the sum of exponentials along the axis. */
function logSoftmaxOf(call: Call): Tensor64 {
  const x = call.input(0);
  const axis = axisOf(call.integer('axis', -1), x.dims.length);
  return generate(x.dims, (index) => {
    const line = Array.from({ length: at(x.dims, axis) }, (_, i) => read(x, index.with(axis, i)));
    const largest = Math.max(...line);
    const sum = line.reduce((total, value) => total + Math.exp(value - largest), 0);
    return read(x, index) - largest - Math.log(sum);
  });
}

export const logSoftmax: Operator = (call) => [logSoftmaxOf(call)];

export const softmax: Operator = (call) => {
  const { dims, data } = logSoftmaxOf(call);
  return [{ dims, data: data.map(Math.exp) }];
};
