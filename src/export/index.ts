export { type ExportOptions, type ExportResult, exportModel } from './export-model.ts';
export {
  type CalibrationMethod,
  calibrationMethods,
  type LayerReport,
  type QuantizationReport,
  type QuantizeOptions,
} from './quantize/index.ts';
export type { SelfCheck } from './self-check.ts';
