export { type ExportOptions, type ExportResult, exportModel } from './export-model.ts';
export type { SelfCheck } from './self-check.ts';
