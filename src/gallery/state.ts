import { type Database, damaged } from './database.ts';
import type { Metric } from './types.ts';

/** What the vectors of one generation are made with and compared by. */
export interface Space {
  readonly modelId: string;
  readonly modelName: string;
  readonly dimension: number;
  readonly metric: Metric;
  /** Names the table of the vectors and the folder of the index; never used twice. */
  readonly generation: number;
}

/** What is kept about a collection inside its own file. */
export interface Settings {
  readonly storeImages: boolean;
  /** ISO 8601. */
  readonly createdAt: string;
  /** What is searched. */
  readonly space: Space;
  /** What is being built to take its place. */
  readonly replacement?: Space | undefined;
  /** Signs paging cursors: 64 hex digits. Undefined in a collection of an earlier release that nobody has written to since. */
  readonly cursorKey?: string | undefined;
}

/** What every change moves. */
export interface Counters {
  /** The number of the last change. */
  readonly sequence: number;
  readonly items: number;
  readonly products: number;
}

export interface State extends Counters {
  readonly settings: Settings;
}

export function readState(database: Database): State {
  const row = database.get<Counters & { settings: string }>(
    'SELECT settings, sequence, items, products FROM state',
  );
  if (row === undefined) throw damaged(database.file, 'its settings are missing');
  return { ...row, settings: JSON.parse(row.settings) as Settings };
}

export function writeCounters(database: Database, { sequence, items, products }: Counters): void {
  database.run('UPDATE state SET sequence = ?, items = ?, products = ?', sequence, items, products);
}

export function writeSettings(database: Database, settings: Settings): void {
  database.run('UPDATE state SET settings = ?', JSON.stringify(settings));
}
