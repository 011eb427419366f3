import type { Logger } from '../../log.ts';
import type { Database } from './database.ts';
import { readState, writeSettings } from './state.ts';

/**
 * The key of the file of vectors (`memory/vector-cache.ts`) that is known to have the vectors of the database. It is kept in the
 * database: an earlier state of it, after which other vectors got the same sequence numbers, has another key or none.
 */
export interface VectorsKey {
  get(): string | undefined;
  set(key: string): void;
}

/** Returns the key of a collection. @param log told if it cannot be set */
export const vectorsKeyOf = (database: Database, log: Logger): VectorsKey => ({
  get: () => readState(database).settings.vectorsKey,
  set(vectorsKey) {
    try {
      database.transaction(() => writeSettings(database, { ...readState(database).settings, vectorsKey }));
    } catch (error) {
      // The next start compares the file with the database.
      log.warn('the key of the file of vectors could not be kept', { error: String(error) });
    }
  },
});
