import type { Database } from '../storage/database.ts';
import type { Settings } from '../storage/settings.ts';
import { vectorTableName } from '../storage/tables.ts';
import type { CopyTarget } from './copy-target.ts';

/** A row, of which at least the sequence number is known. */
interface Numbered {
  readonly sequence: number;
}

/**
 * Puts what belongs to an item aside: its row as JSON, its vectors, its picture part by part and its thumbnail. What
 * cannot be read is passed over: the file that it is in is kept.
 * @param tables those of which something is put aside. Default: all, and the row
 */
export function putAside(
  source: Database,
  target: CopyTarget,
  { space, replacement }: Settings,
  row: Numbered,
  why: string,
  tables?: readonly string[],
): void {
  const { sequence } = row;
  const generations = replacement === undefined ? [space] : [space, replacement];
  const vectors = generations.map(({ generation }) => vectorTableName(generation));
  if (tables === undefined)
    target.quarantine({ origin: 'items', sequence, why, content: JSON.stringify(row) });
  for (const origin of tables ?? ['images', 'thumbnails', ...vectors]) {
    const part = origin === 'images' ? 'part' : '0 AS part';
    const content = vectors.includes(origin) ? 'vector' : 'bytes';
    const sql = `SELECT ${part}, ${content} AS content FROM ${origin} WHERE sequence = ? ORDER BY part`;
    const query = source.query<{ part: number; content: Uint8Array }>(sql);
    try {
      query.each([sequence], (found) => {
        target.quarantine({ origin, sequence, why, ...found });
        return true;
      });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'gallery-damaged')) throw error;
    }
  }
}
