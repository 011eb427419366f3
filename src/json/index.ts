export { withChecksum, withoutChecksum } from './checksum.ts';
export { type JsonSchema, jsonSchemaOf, takes } from './json-form.ts';
export { list, maxProblems, numbers } from './list.ts';
export { name } from './name.ts';
export { readJson, readUserJson } from './read.ts';
export type { JsonLimits } from './scan.ts';
export {
  asClause,
  asSentence,
  checkJsonBounds,
  jsonOrUndefined,
  parseJsonWithin,
  parseUserJson,
  shown,
} from './text.ts';
export { isRoundedWhole } from './whole.ts';
