export { exportModel } from './export-model.ts';
export type { ExportOptions, ExportResult } from './export-options.ts';
export type { LabelledFile, ProjectionOptions, ProjectionReport } from './projection/index.ts';
export {
  type CalibrationMethod,
  calibrationMethods,
  type LayerReport,
  type QuantizationReport,
  type QuantizeOptions,
} from './quantize/index.ts';
export type { SelfCheck } from './self-check.ts';
