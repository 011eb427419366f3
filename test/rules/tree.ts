import { basename, dirname } from 'node:path/posix';
import { roomOf } from './source-file.ts';

/** Folders of test/ that stand for no room. */
const ownFolders = new Set(['', 'support', 'fixtures', 'guards', 'rules', 'types', 'cases', 'torture']);

/**
 * Finds test files that do not stand where the tree of src has what they test: their folder has to be one of src, and a
 * test that has the name of one source file of the room stands in that file's folder. Tests of what several files do
 * together (`kill`, `hostile`) have names of their own.
 * @param tests paths of test files, relative to test/
 * @param sources paths of source files, relative to src/
 */
export function misplaced(tests: readonly string[], sources: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const source of sources)
    for (let folder = dirname(source); folder !== '.'; folder = dirname(folder)) folders.add(folder);
  return tests.flatMap((test) => {
    if (ownFolders.has(roomOf(test))) return [];
    const folder = dirname(test);
    if (!folders.has(folder)) return [`test/${test}: src has no folder ${folder}`];
    const name = basename(test, '.test.ts');
    const homes = sources
      .filter((source) => roomOf(source) === roomOf(test) && basename(source, '.ts') === name)
      .map(dirname);
    return homes.length === 0 || homes.includes(folder)
      ? []
      : [`test/${test}: ${name}.ts is in src/${homes[0]}`];
  });
}
