import type { ModelProto } from '../../onnx/index.ts';
import { cosineSimilarity } from '../../vectors/index.ts';
import type { PictureBatch } from '../self-check.ts';
import { Observer } from './observe.ts';

/** Two tensors that should be equal: one of the float model, one of the quantised model. */
export interface Pair {
  readonly name: string;
  readonly float: string;
  readonly quantized: string;
}

/** The likeness of a quantised model and the float one. */
export interface Quality {
  /** The cosine similarity of the two features, one per picture. */
  readonly cosines: readonly number[];
  /** The signal-to-quantisation-noise ratio of each pair, in decibels; infinite if they are equal. */
  readonly sqnr: ReadonlyMap<string, number>;
}

class Noise {
  #signal = 0;
  #noise = 0;

  add(expected: Float32Array, actual: Float32Array): void {
    for (let i = 0; i < expected.length; i += 1) {
      const value = expected[i] ?? Number.NaN;
      this.#signal += value ** 2;
      this.#noise += (value - (actual[i] ?? Number.NaN)) ** 2;
    }
  }

  get sqnr(): number {
    return 10 * Math.log10(this.#signal / this.#noise);
  }
}

const none = new Float32Array();

/** Runs both models on the same pictures, one per batch, and compares their features and the tensors of `pairs`. */
export async function measureQuality(
  float: ModelProto,
  quantized: ModelProto,
  pictures: readonly PictureBatch[],
  pairs: readonly Pair[] = [],
): Promise<Quality> {
  const all = [...pairs, { name: 'embedding', float: 'embedding', quantized: 'embedding' }];
  const noise = new Map(all.map(({ name }) => [name, new Noise()]));
  await using exact = await Observer.open(
    float,
    pairs.map((pair) => pair.float),
  );
  await using rounded = await Observer.open(
    quantized,
    pairs.map((pair) => pair.quantized),
  );
  const cosines: number[] = [];
  for (const picture of pictures) {
    const expected = await exact.run(picture);
    const actual = await rounded.run(picture);
    cosines.push(cosineSimilarity(expected['embedding'] ?? none, actual['embedding'] ?? none));
    for (const pair of all)
      noise.get(pair.name)?.add(expected[pair.float] ?? none, actual[pair.quantized] ?? none);
  }
  return { cosines, sqnr: new Map([...noise].map(([name, { sqnr }]) => [name, sqnr])) };
}

/** Returns the median of numbers; NaN if there are none or one is NaN. */
export function median(numbers: readonly number[]): number {
  if (numbers.length === 0 || numbers.some(Number.isNaN)) return Number.NaN;
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}
