export * from './bootstrap.ts';
export * from './identical-pictures.ts';
export * from './mark-relevant.ts';
export { addToTable, emptyTable, type MeasureTable } from './measure-table.ts';
export * from './measures.ts';
export * from './metrics-accumulator.ts';
export * from './query-measures.ts';
export * from './relevance.ts';
export * from './summarise.ts';
