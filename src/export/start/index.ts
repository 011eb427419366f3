export { checkStart, type FamiliarOptions, type StartOptions } from './start-options.ts';
export { type StartReport, withStart } from './with-start.ts';
