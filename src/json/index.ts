export { list, maxProblems, numbers } from './list.ts';
export { readJson } from './read.ts';
export { type JsonLimits, scanJson } from './scan.ts';
