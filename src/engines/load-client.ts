import { SnapshelfError } from '../errors.ts';

/**
 * Loads the client of an engine, a package that is installed only where that engine is used.
 * @param load imports it: `() => import('pg')`
 * @throws SnapshelfError `engine-not-installed`, with the line that installs it.
 */
export async function loadClient<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new SnapshelfError(
      'engine-not-installed',
      `The package ${name}, which the engine needs, is not installed. Install it beside Snapshelf: npm install ${name}.`,
      { cause },
    );
  }
}
