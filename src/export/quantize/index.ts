export { describeQuantization } from './describe.ts';
export { checkOptions, type QuantizeOptions } from './options.ts';
export { type LayerReport, type QuantizationReport, quantizeModel } from './quantize-model.ts';
export { type CalibrationMethod, calibrationMethods } from './ranges.ts';
