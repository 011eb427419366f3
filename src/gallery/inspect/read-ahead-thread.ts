// The main module of a thread that reads ahead; see read-ahead.ts.
import { serve } from '../../threads/index.ts';
import { openChecked } from '../storage/collection-file.ts';
import { indexWalks } from './check-state.ts';
import type { ReadAheadOperations } from './read-ahead.ts';

/** Sequence numbers of one statement. */
const perRead = 10_000;
// The last column: a row is read to its end.
const read = 'SELECT sum(checksum) FROM main.items NOT INDEXED WHERE sequence > ? AND sequence <= ?';

await serve<ReadAheadOperations>(() => ({
  ready: undefined,
  handlers: {
    read(file, next) {
      using database = openChecked(file);
      const last = database.get<{ last: number | null }>(
        'SELECT max(sequence) AS last FROM main.items',
      )?.last;
      for (;;) {
        const part = Atomics.add(next, 0, 1);
        const walk = indexWalks[part];
        const from = perRead * (part - indexWalks.length);
        if (from >= (last ?? 0)) return;
        if (walk === undefined) database.get(read, from, from + perRead);
        else database.get(`SELECT count(*) FROM (${walk})`);
      }
    },
  },
}));
