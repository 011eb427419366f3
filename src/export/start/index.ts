export { checkStart, type FamiliarOptions, type StartOptions } from './options.ts';
export { type StartReport, withStart } from './with-start.ts';
