import type { OnPicture } from '../pictures.ts';
import { type CalibrationMethod, calibrationMethods } from './ranges.ts';

/** How a model is quantised. */
export interface QuantizeOptions {
  /**
   * Files of pictures (JPEG, PNG, ...) like those that the model will see; 160 are plenty. The last fifth, at most 32,
   * tells what is lost instead of the ranges.
   */
  readonly pictures: readonly string[];
  /** How ranges are chosen. Default `percentile`, which lost least in our measurements. */
  readonly method?: CalibrationMethod | undefined;
  /** Percent of a tensor's numbers that `percentile` keeps, above 50 and at most 100. Default 99.999. */
  readonly percentile?: number | undefined;
  /** Names of layers that stay float: parameters without `.weight`, such as `layer1.0.conv1`, or a part before a dot. */
  readonly keepFloat?: readonly string[] | undefined;
  /**
   * Least median cosine similarity of the int8 and the float feature, 0 to 1. Layers that lose most stay float, one
   * after the other, until it is reached. Default 0.99.
   */
  readonly minCosine?: number | undefined;
  readonly onPicture?: OnPicture | undefined;
}

/** What is taken where an option is left out. */
export const defaults = { method: 'percentile', percentile: 99.999, minCosine: 0.99 } as const;

/** True if a layer is among those named, or within one of them. */
export const isKept = (layer: string, kept: readonly string[]): boolean =>
  kept.some((name) => layer === name || layer.startsWith(`${name}.`));

function checkNumber(name: string, value: number, low: number, high: number): void {
  if (!(value > low && value <= high))
    throw new RangeError(`${name} must be above ${low} and at most ${high}, not ${value}`);
}

/** @throws RangeError for a number out of range, a method that is not known, or when there are no pictures. */
export function checkOptions({ pictures, method, percentile, minCosine }: QuantizeOptions): void {
  if (pictures.length === 0) throw new RangeError('int8 needs pictures to calibrate on');
  if (method !== undefined && !calibrationMethods.includes(method))
    throw new RangeError(
      `the calibration method is one of ${calibrationMethods.join(', ')}, not ${String(method)}`,
    );
  checkNumber('percentile', percentile ?? 100, 50, 100);
  checkNumber('minCosine', minCosine ?? 1, 0, 1);
}

/** @throws RangeError for a name that no layer has. */
export function checkKept(layers: readonly string[], kept: readonly string[]): void {
  const unknown = kept.filter((name) => !layers.some((layer) => isKept(layer, [name])));
  if (unknown.length > 0)
    throw new RangeError(`there is no layer ${unknown.join(', ')}; the layers are ${layers.join(', ')}`);
}
