import { defaults, type QuantizeOptions } from './options.ts';
import type { QuantizationReport } from './quantize-model.ts';

/** Returns a record of the quantisation for the model file: plain JSON data. */
export const describeQuantization = (
  { method = defaults.method, pictures, weightBits = defaults.weightBits }: QuantizeOptions,
  { medianCosine, sqnr, keptFloat }: QuantizationReport,
): Readonly<Record<string, unknown>> => ({
  type: 'int8',
  weightBits,
  calibration: method,
  pictures: pictures.length,
  medianCosine,
  sqnr,
  keptFloat,
});
