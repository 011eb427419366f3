export { describeQuantization } from './describe-quantization.ts';
export { checkOptions, type QuantizeOptions, type WeightBits } from './options.ts';
export { type LayerReport, type QuantizationReport, quantizeModel } from './quantize-model.ts';
export { type CalibrationMethod, calibrationMethods } from './ranges.ts';
