import { checkNumber, checkOneOf } from '../../arguments.ts';
import type { OnPicture } from '../pictures.ts';
import { type CalibrationMethod, calibrationMethods } from './ranges.ts';

/** Options of quantisation. */
export interface QuantizeOptions {
  /**
   * Files of pictures (JPEG, PNG, ...) like those that the model will see; 160 are plenty. The last fifth, at most 32,
   * measures the loss instead of the ranges.
   */
  readonly pictures: readonly string[];
  /** The method that chooses ranges. Default `percentile`, which lost least in our measurements. */
  readonly method?: CalibrationMethod | undefined;
  /** The percentage of a tensor's numbers that `percentile` keeps, above 50 and at most 100. Default 99.999. */
  readonly percentile?: number | undefined;
  /** The names of layers that stay float: parameters without `.weight`, such as `layer1.0.conv1`, or a part before a dot. */
  readonly keepFloat?: readonly string[] | undefined;
  /**
   * The least median cosine similarity of the int8 and the float feature, above 0 and at most 1. The layers that lose most
   * stay float, one after the other, until it is reached. Default 0.99.
   */
  readonly minCosine?: number | undefined;
  /**
   * The bits of a weight, 7 or 8. With 7 (-64 to 64) the sum of two products fits 16 bits, so that CPUs without VNNI can take
   * their fast kernels and stay exact; the feature differs more from the float one. Default 8.
   */
  readonly weightBits?: WeightBits | undefined;
  readonly onPicture?: OnPicture | undefined;
}

/** The bits of a weight of an int8 model. */
export type WeightBits = 7 | 8;

/** The values of `weightBits`. */
export const weightBits = [7, 8] as const satisfies readonly WeightBits[];

/** The defaults of the options. */
export const defaults = { method: 'percentile', percentile: 99.999, minCosine: 0.99, weightBits: 8 } as const;

/** True if a layer has one of the names, or is within one of them. */
export const isKept = (layer: string, kept: readonly string[]): boolean =>
  kept.some((name) => layer === name || layer.startsWith(`${name}.`));

/**
 * Checks the options of quantisation.
 *
 * @throws RangeError if a number is out of range or there are no pictures
 * @throws TypeError if the method or the bits are unknown
 */
export function checkOptions(options: QuantizeOptions): void {
  const { pictures, method, percentile, minCosine } = options;
  if (pictures.length === 0) throw new RangeError('pictures must not be empty: int8 is calibrated on them.');
  if (method !== undefined) checkOneOf('method', method, calibrationMethods);
  checkOneOf('weightBits', options.weightBits ?? defaults.weightBits, weightBits);
  checkNumber('percentile', percentile ?? 100, { above: 50, to: 100 });
  checkNumber('minCosine', minCosine ?? 1, { above: 0, to: 1 });
}

/**
 * Checks the names of layers that stay float.
 *
 * @throws RangeError for a name that no layer has
 */
export function checkKept(layers: readonly string[], kept: readonly string[]): void {
  const unknown = kept.filter((name) => !layers.some((layer) => isKept(layer, [name])));
  if (unknown.length > 0)
    throw new RangeError(
      `keepFloat must name layers of the network, not ${unknown.join(', ')}. The layers are ${layers.join(', ')}.`,
    );
}
