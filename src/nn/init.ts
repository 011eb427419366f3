import { mixSeed, randomNumbers } from '../random.ts';
import type { Architecture } from './network.ts';

/** Two independent normal numbers out of two even ones (Box and Muller 1958). */
function* normalNumbers(seed: number): Generator<number, never> {
  const random = randomNumbers(seed);
  for (;;) {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    yield radius * Math.cos(angle);
    yield radius * Math.sin(angle);
  }
}

/** He et al. 2015 for rectifiers by the fan-out: normal numbers of variance 2 / (F kh kw), in a depthwise layer 2 / (kh kw). */
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
  [/^classifier\./, 0],
  [/^pool\.p$/, 3],
  [/\.bias$|\.running_mean$/, 0],
  [/\.weight$|\.running_var$/, 1],
];

/** Its own stream for each name, so that one parameter more does not change the others. */
const seedOf = (name: string, seed: number): number =>
  mixSeed(seed, ...Array.from(name, (letter) => letter.codePointAt(0) ?? 0));

/**
 * The numbers a parameter has before training, the same for the same seed: convolutions He-normal, normalisations the
 * identity but for the last scale of a residual block, which is zero (Goyal et al. 2017), the classifier zero.
 * @throws RangeError for a name that no layer has.
 */
export function initialNumbers(
  architecture: Architecture,
  name: string,
  shape: readonly number[],
  seed: number,
): Float32Array {
  if (shape.length === 4) return heNormal(shape, seedOf(name, seed));
  const size = shape.reduce((product, dim) => product * dim, 1);
  if (architecture.residualScales.test(name)) return new Float32Array(size);
  const value = constants.find(([names]) => names.test(name))?.[1];
  if (value === undefined) throw new RangeError(`there is no initial value for the parameter ${name}`);
  return new Float32Array(size).fill(value);
}
