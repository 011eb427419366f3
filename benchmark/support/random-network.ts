import { cast, GraphBuilder, mul, sub, transpose, type Value } from '../../src/graph/index.ts';
import { metadataKey, serializeMetadata } from '../../src/model/index.ts';
import { architectureOf, buildNetwork, type NetworkOptions } from '../../src/nn/index.ts';
import { encodeModel, setProperty } from '../../src/onnx/index.ts';
import { randomNumbers } from '../../src/random.ts';
import type { StateDict } from '../../src/weights/index.ts';

/** Weights that keep numbers in a usual range (He), because denormal ones would be slow. */
function randomParameter(name: string, shape: readonly number[], random: () => number): Float32Array {
  const length = shape.reduce((product, dim) => product * dim, 1);
  if (shape.length === 1) return new Float32Array(length).fill(/bias|mean/.test(name) ? 0 : 1);
  const bound = Math.sqrt((6 * (shape[0] ?? 1)) / length);
  return Float32Array.from({ length }, () => (2 * random() - 1) * bound);
}

/** Weights for an architecture, as if they had been read from a file. */
export function randomWeights(architecture: string, network: NetworkOptions): StateDict {
  const g = new GraphBuilder(architecture);
  buildNetwork(g, architecture, g.input('x', 'float32', ['N', 3, 64, 64]), network);
  const random = randomNumbers(1);
  return new Map(
    [...g.parameters].map(([name, dims]) => {
      const data = Float32Array.from(randomParameter(name, dims, random));
      return [name, { dataType: 'float32' as const, dims, data }];
    }),
  );
}

function normalised(g: GraphBuilder, image: Value, architecture: string): Value {
  const { mean, std } = architectureOf(architecture).input;
  const channels = (name: string, values: readonly number[]): Value =>
    g.constant(name, 'float32', [3, 1, 1], Float32Array.from(values));
  const planes = transpose(g, cast(g, image, 'float32'), [0, 3, 1, 2]);
  const centred = sub(
    g,
    planes,
    channels(
      'mean',
      mean.map((value) => value * 255),
    ),
  );
  return mul(
    g,
    centred,
    channels(
      'scale',
      std.map((value) => 1 / (value * 255)),
    ),
  );
}

/** A Snapshelf model file of `size` x `size` pictures with random weights: right in shape and cost only. */
export function randomNetwork(architecture: string, size: number, width: number): Uint8Array {
  const g = new GraphBuilder(architecture);
  const image = g.input('image', 'uint8', ['N', size, size, 3]);
  const { feature, dimension } = buildNetwork(g, architecture, normalised(g, image, architecture), { width });
  g.output(feature, 'embedding');
  const random = randomNumbers(1);
  const parameters = [...g.parameters].map(
    ([name, shape]) => [name, randomParameter(name, shape, random)] as const,
  );
  const model = g.build(new Map(parameters));
  const resize = { mode: 'short-side', size, filter: 'bilinear' } as const;
  const metadata = { name: architecture, architecture, dimension, formatVersion: 1 } as const;
  const preprocessing = { resize, crop: { width: size, height: size } };
  setProperty(model, metadataKey, serializeMetadata({ ...metadata, preprocessing }));
  return encodeModel(model);
}
