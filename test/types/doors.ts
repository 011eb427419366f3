import { posix } from 'node:path';
import { documentedIn } from '../rules/docstrings.ts';
import { readSources, type SourceFile } from '../rules/source-file.ts';

/** The doors of the package: the files behind the sub-paths in package.json, with the names to import them by. */
export const doors: ReadonlyMap<string, string> = new Map([
  ['index.ts', 'snapshelf'],
  ['onnx/index.ts', 'snapshelf/onnx'],
  ['train/index.ts', 'snapshelf/train'],
  ['export/index.ts', 'snapshelf/export'],
  ['eval/index.ts', 'snapshelf/evaluate'],
  ['server/index.ts', 'snapshelf/server'],
]);

/** A function or a class that the package exports, with its docstring. */
export interface PublicExport {
  /** What it is imported from: `snapshelf/train`. */
  readonly from: string;
  /** The file that declares it, in src. */
  readonly path: string;
  readonly name: string;
  readonly doc: string;
}

/** Lists what a door re-exports as values: `[name, file that it comes from]`. */
function reexportsOf(door: SourceFile): [string, string][] {
  return door.program.body.flatMap((statement) => {
    if (statement.type !== 'ExportNamedDeclaration' || !statement.source || statement.exportKind === 'type')
      return [];
    const path = posix.join(posix.dirname(door.path), statement.source.value);
    return statement.specifiers
      .filter(({ exportKind }) => exportKind !== 'type')
      .map(({ local }): [string, string] => ['name' in local ? local.name : '', path]);
  });
}

/** Lists all functions and classes that the package exports; types and constants are left out. */
export function publicExports(): PublicExport[] {
  const files = new Map(readSources('src').map((file) => [file.path, file]));
  const fileAt = (path: string): SourceFile => {
    const file = files.get(path);
    if (file === undefined) throw new Error(`${path} is not there.`);
    return file;
  };
  const find = (from: string, name: string, path: string): PublicExport[] => {
    const again = reexportsOf(fileAt(path)).find(([reexported]) => reexported === name);
    if (again) return find(from, ...again);
    return documentedIn(fileAt(path))
      .filter((one) => one.name === name && (one.body ?? one.node.type === 'ClassDeclaration'))
      .map(({ doc }) => ({ from, path, name, doc: doc?.value ?? '' }));
  };
  return [...doors].flatMap(([door, from]) => reexportsOf(fileAt(door)).flatMap((one) => find(from, ...one)));
}

/** Gives the code of the examples in a docstring, between fences or not; all but Snapshelf's own names is imported in it. */
export function examplesOf({ doc }: PublicExport, all: readonly PublicExport[]): string[] {
  const text = doc.replaceAll(/^[ \t]*\* ?/gm, '');
  return [...text.matchAll(/@example\b\s*([\s\S]*?)(?=^@|$(?![\s\S]))/gm)].map(([, example = '']) => {
    const code = example.replaceAll(/^```.*$/gm, '').trim();
    const used = all.filter(({ name }) => new RegExp(`\\b${name}\\b`).test(code));
    const missing = used.filter(({ name }) => !new RegExp(`import [^;]*\\b${name}\\b[^;]*;`).test(code));
    return [...missing.map(({ name, from }) => `import { ${name} } from '${from}';`), code].join('\n');
  });
}
