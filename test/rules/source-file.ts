import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { type Comment, type Node, type Program, parseSync, visitorKeys } from 'oxc-parser';
import { repositoryRoot } from '../support/repository.ts';

/** One source file, parsed. */
export interface SourceFile {
  /** Relative to the folder that was read, with `/`: `gallery/store.ts`. */
  readonly path: string;
  readonly text: string;
  readonly program: Program;
  readonly comments: readonly Comment[];
}

/** One breach of a rule. */
export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** A rule over all files of a source tree. */
export interface Rule {
  /** The name under which exceptions and reports refer to the rule. */
  readonly name: string;
  readonly find: (files: readonly SourceFile[]) => Violation[];
}

/**
 * Parses TypeScript source.
 * @throws Error if the text is not valid TypeScript.
 */
export function parseSource(path: string, text: string): SourceFile {
  const { program, comments, errors } = parseSync(path, text);
  if (errors[0]) throw new Error(`${path}: ${errors[0].message}`);
  return { path, text, program, comments };
}

/** Reads and parses every `.ts` and `.tsx` file of a folder of the repository, without generated ones. */
export function readSources(folder: string): SourceFile[] {
  return readdirSync(join(repositoryRoot, folder), { recursive: true })
    .map((path) => path.toString().split(sep).join('/'))
    .filter((path) => /\.tsx?$/.test(path) && !path.includes('generated/'))
    .sort()
    .map((path) => parseSource(path, readFileSync(join(repositoryRoot, folder, path), 'utf8')));
}

/** Gives the room of a file: the first folder of its path, or an empty string beside the rooms. */
export const roomOf = (path: string): string => (path.includes('/') ? (path.split('/')[0] ?? '') : '');

/** Gives the line of an offset, from 1. */
export const lineAt = (file: SourceFile, offset: number): number =>
  file.text.slice(0, offset).split('\n').length;

/** Makes a violation at a node. */
export const at = (file: SourceFile, node: { readonly start: number }, message: string): Violation => ({
  path: file.path,
  line: lineAt(file, node.start),
  message,
});

/** Visits a node and all below it, each with its ancestors, nearest first; returning false skips what is below. */
export function walk(
  node: Node,
  visit: (node: Node, ancestors: readonly Node[]) => unknown,
  ancestors: readonly Node[] = [],
): void {
  if (visit(node, ancestors) === false) return;
  const below = [node, ...ancestors];
  for (const key of visitorKeys[node.type] ?? []) {
    const child: unknown = node[key as keyof Node];
    for (const one of Array.isArray(child) ? child : [child]) if (isNode(one)) walk(one, visit, below);
  }
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value;

/** True for a function of any form. */
export const isFunction = (node: Node): boolean =>
  ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'].includes(node.type);
