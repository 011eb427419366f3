export { list, maxProblems, numbers } from './list.ts';
export { checkJson, readJson } from './read.ts';
export type { JsonLimits } from './scan.ts';
export {
  asSentence,
  checkJsonBounds,
  jsonOrUndefined,
  parseJsonWithin,
  shown,
} from './text.ts';
