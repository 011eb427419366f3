import { cast, type Dim, type GraphBuilder, mul, sub, transpose, type Value } from '../graph/index.ts';
import type { NetworkInput } from './network.ts';

const perChannel = (g: GraphBuilder, prefix: string, numbers: readonly number[]): Value =>
  g.constant(prefix, 'float32', [1, 3, 1, 1], Float32Array.from(numbers));

/**
 * Adds the model's own input and normalises it: `image: uint8[N,H,W,3]` to `float32[N,3,H,W]`, `(x / 255 - mean) / std`
 * for each channel. The axes are exchanged while the numbers are still bytes, which moves a quarter of the memory.
 *
 * @param batch - N; by default of any size
 */
export function imageInput(
  g: GraphBuilder,
  height: number,
  width: number,
  { mean, std }: NetworkInput,
  batch: Dim = 'N',
): Value {
  const image = g.input('image', 'uint8', [batch, height, width, 3]);
  const pixels = cast(g, transpose(g, image, [0, 3, 1, 2]), 'float32');
  const means = mean.map((value) => 255 * value);
  const scales = std.map((value) => 1 / (255 * value));
  return mul(g, sub(g, pixels, perChannel(g, 'mean', means)), perChannel(g, 'scale', scales));
}
