import { mixSeed, randomNumbers } from '../random.ts';
import type { Architecture } from './network.ts';

/** Yields normal numbers, two from each two uniform ones (Box and Muller 1958). */
function* normalNumbers(seed: number): Generator<number, never> {
  const random = randomNumbers(seed);
  for (;;) {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    yield radius * Math.cos(angle);
    yield radius * Math.sin(angle);
  }
}

/**
 * Returns He et al. 2015's numbers for rectifiers by the fan-out: normal, of variance 2 / (F kh kw); 2 / (kh kw) in a
 * depthwise layer.
 */
function heNormal(shape: readonly number[], seed: number): Float32Array {
  const [filters = 1, depth = 1, height = 1, width = 1] = shape;
  const deviation = Math.sqrt(2 / ((depth === 1 ? 1 : filters) * height * width));
  const numbers = normalNumbers(seed);
  return Float32Array.from(
    { length: filters * depth * height * width },
    () => deviation * numbers.next().value,
  );
}

const constants: readonly (readonly [RegExp, number])[] = [
  [/^classifier\.|\.centers$/, 0],
  [/^pool\.p$/, 3],
  [/\.bias$|\.running_mean$/, 0],
  [/\.weight$|\.running_var$/, 1],
];

/** Gives each name a random stream of its own, so that one parameter more does not change the others. */
const seedOf = (name: string, seed: number): number =>
  mixSeed(seed, ...Array.from(name, (letter) => letter.codePointAt(0) ?? 0));

/** Returns random directions, a row each: normal numbers, so that rows of `[C,D]` are about 1 long. */
function directions([rows = 1, length = 1]: readonly number[], seed: number): Float32Array {
  const deviation = 1 / Math.sqrt(length);
  const numbers = normalNumbers(seed);
  return Float32Array.from({ length: rows * length }, () => deviation * numbers.next().value);
}

/**
 * Returns the numbers of a parameter before training, the same for the same seed. Convolutions are He-normal,
 * normalisations the identity except the last scale of a residual block, which is zero (Goyal et al. 2017), and the
 * classifier is zero; proxies are random directions.
 *
 * @throws RangeError for a name that no layer has
 */
export function initialNumbers(
  architecture: Architecture,
  name: string,
  shape: readonly number[],
  seed: number,
): Float32Array {
  if (shape.length === 4) return heNormal(shape, seedOf(name, seed));
  if (name.endsWith('.proxies')) return directions(shape, seedOf(name, seed));
  const size = shape.reduce((product, dim) => product * dim, 1);
  if (architecture.residualScales.test(name)) return new Float32Array(size);
  const value = constants.find(([names]) => names.test(name))?.[1];
  if (value === undefined) throw new RangeError(`Parameter ${name} has no initial value.`);
  return new Float32Array(size).fill(value);
}
