import { SnapshelfError } from '../errors.ts';

/**
 * Loads the client of an engine or a picture store, a package that is installed only where that is used.
 * @param load imports it: `() => import('pg')`
 * @param whose what needs it
 * @throws SnapshelfError `engine-not-installed`, with the line that installs it.
 */
export async function loadClient<T>(name: string, load: () => Promise<T>, whose = 'the engine'): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new SnapshelfError(
      'engine-not-installed',
      `The package ${name}, which ${whose} needs, is not installed. Install it beside Snapshelf: npm install ${name}.`,
      { cause },
    );
  }
}
