import { counted } from '../../text.ts';
import type { ItemRows } from '../memory/item-rows.ts';
import type { VectorTable } from '../storage/vector-table.ts';
import type { LoadedIndex } from './sharded-index.ts';

/** The sequence numbers that an index should hold. */
interface Alive {
  has(sequence: number): boolean;
  readonly size: number;
}

/** Returns what an index holds besides, and how many vectors it holds else. */
function compare(
  { sequence: upTo, sequences }: LoadedIndex,
  alive: Alive,
): { surplus: number[]; held: number } {
  // One shard may have been saved later than another: what it has more is added to it once more, or was deleted since.
  const surplus = sequences.filter((sequence) => sequence > upTo || !alive.has(sequence));
  return { surplus, held: sequences.length - surplus.length };
}

/** The sequence numbers that an index holds besides what is alive, and what is wrong with it if it misses some. */
interface Compared {
  readonly surplus: readonly number[];
  readonly problem?: string;
}

/**
 * Compares an index that was loaded with what is alive.
 * @param rows those of the items, if all of them should have a vector
 */
export function compareLoaded(loaded: LoadedIndex, vectors: VectorTable, rows?: ItemRows): Compared {
  const { sequence: upTo } = loaded;
  if (rows !== undefined) {
    const { table } = rows;
    const size = table.liveUpTo(upTo);
    const { surplus, held } = compare(loaded, {
      has: (sequence) => table.rowOf(sequence) !== undefined,
      size,
    });
    if (held === size) return { surplus };
  }
  // An item may lack its vector. SQLite has sequence numbers beside vectors: to read them is to read all vectors.
  const alive = new Set(vectors.sequencesUpTo(upTo));
  const { surplus, held } = compare(loaded, alive);
  if (held === alive.size) return { surplus };
  return { surplus, problem: `it holds ${counted(held, 'vector')} where the database has ${alive.size}` };
}
