import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const findRoot = (folder: string): string =>
  existsSync(join(folder, 'package.json')) ? folder : findRoot(dirname(folder));

/** The absolute path of the repository. */
export const repositoryRoot: string = findRoot(dirname(fileURLToPath(import.meta.url)));

/** The absolute path of a committed test file: `fixture('onnx', 'small.onnx')`. */
export const fixture = (...parts: readonly string[]): string =>
  join(repositoryRoot, 'test', 'fixtures', ...parts);

/** The absolute path of something in the shared folder beside the repository, or undefined where it is absent. */
export function shared(...parts: readonly string[]): string | undefined {
  const path = join(repositoryRoot, '..', 'shared', ...parts);
  return existsSync(path) ? path : undefined;
}
