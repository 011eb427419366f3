import { posix } from 'node:path';
import { type Rule, type SourceFile, type Violation, walk } from './source-file.ts';

/** Lists the files that a file imports, types included, as paths of the tree. */
function importsOf({ path, program }: SourceFile): string[] {
  const specifiers: string[] = [];
  walk(program, (node) => {
    if ('source' in node && node.source && 'value' in node.source) specifiers.push(String(node.source.value));
  });
  return specifiers
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => posix.join(posix.dirname(path), specifier));
}

/** Finds the shortest way from a file back to itself, by breadth-first search. */
function shortestCircle(
  start: string,
  imports: ReadonlyMap<string, readonly string[]>,
): string[] | undefined {
  const ways: string[][] = [[start]];
  const seen = new Set<string>();
  for (const way of ways) {
    for (const next of imports.get(way.at(-1) ?? '') ?? []) {
      if (next === start) return [...way, start];
      if (seen.has(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  return undefined;
}

function findCircles(files: readonly SourceFile[]): Violation[] {
  const imports = new Map(files.map((file) => [file.path, importsOf(file)]));
  const told = new Set<string>();
  const violations: Violation[] = [];
  for (const { path } of files) {
    const circle = shortestCircle(path, imports);
    const members = [...new Set(circle)].sort().join(' ');
    if (circle === undefined || told.has(members)) continue;
    told.add(members);
    violations.push({ path, line: 1, message: `circle of imports, types included: ${circle.join(' → ')}` });
  }
  return violations;
}

/** No file imports itself by way of others, imports of types included. */
export const circles: Rule = { name: 'circles', find: findCircles };
