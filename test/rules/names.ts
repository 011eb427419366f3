import { basename, dirname } from 'node:path/posix';
import { type Rule, roomOf } from './source-file.ts';

/** A base name occurs once in a room; `index.ts`, the door of a folder, is exempt. */
export const uniqueNames: Rule = {
  name: 'unique-names',
  find: (files) => {
    const first = new Map<string, string>();
    return files.flatMap(({ path }) => {
      const name = basename(path);
      const key = `${roomOf(path)}/${name}`;
      const other = first.get(key);
      if (other === undefined) first.set(key, path);
      return other === undefined || name === 'index.ts'
        ? []
        : [{ path, line: 1, message: `${other} has the same name in this room` }];
    });
  },
};

const withoutType = (path: string): string => path.replace(/\.tsx?$/, '');

/** No folder stands beside a file of the same name. */
export const twins: Rule = {
  name: 'twins',
  find: (files) => {
    const folders = new Set<string>();
    for (const { path } of files)
      for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) folders.add(folder);
    return files
      .filter(({ path }) => folders.has(withoutType(path)))
      .map(({ path }) => ({ path, line: 1, message: `the folder ${withoutType(path)}/ stands beside it` }));
  },
};
