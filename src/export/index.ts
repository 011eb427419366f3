export { exportModel } from './export-model.ts';
export type { ExportOptions, ExportResult } from './export-options.ts';
export type { LabelledFile } from './features.ts';
export type { ProjectionOptions, ProjectionReport } from './projection/index.ts';
export {
  type CalibrationMethod,
  calibrationMethods,
  type LayerReport,
  type QuantizationReport,
  type QuantizeOptions,
  type WeightBits,
} from './quantize/index.ts';
export type { SelfCheck } from './self-check.ts';
export type { FamiliarOptions, StartOptions, StartReport } from './start/index.ts';
