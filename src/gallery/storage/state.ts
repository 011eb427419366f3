import { counted } from '../../text.ts';
import { checksumOfValues, isRight } from './checksum.ts';
import type { Database } from './database.ts';
import { parseSettings, type Settings } from './settings.ts';
import { damaged } from './sqlite-errors.ts';

/** The most that a counter may say. */
export const maxCount: number = 2 ** 48;

/** The counters that every change moves. */
export interface Counters {
  /** The number of the last change. */
  readonly sequence: number;
  readonly items: number;
  readonly products: number;
}

/** The state of a collection. */
export interface State extends Counters {
  readonly settings: Settings;
}

/** Settings are parsed again only when their text has changed: every search asks for the state. */
const parsed = new WeakMap<Database, { readonly text: string; readonly settings: Settings }>();

/**
 * Reads the state in a collection's file.
 * @throws SnapshelfError `gallery-damaged` for a state that this program would not have written.
 */
export function readState(database: Database): State {
  const row = readRow(database);
  const { sequence, items, products } = row;
  for (const count of [sequence, items, products])
    if (count < 0 || count > maxCount)
      throw damaged(database.file, `it counts ${counted(count, 'item or change', 'items or changes')}`);
  if (items > sequence || products > items)
    throw damaged(database.file, 'its counters contradict one another');
  const settings = settingsOf(database, row.settings);
  if (!isRight(row.checksum, () => checksumOfState(row)))
    throw damaged(database.file, 'its settings and counters are not what was stored');
  return { sequence, items, products, settings };
}

interface StateRow extends Counters {
  readonly settings: string;
  /** null in files of earlier formats. */
  readonly checksum: number | null;
}

const checksumOfState = ({ settings, sequence, items, products }: Omit<StateRow, 'checksum'>): number =>
  checksumOfValues([settings, sequence, items, products]);

function readRow(database: Database): StateRow {
  const sql = 'SELECT settings, sequence, items, products, checksum FROM state';
  const row = database.get<StateRow>(sql);
  if (row === undefined) throw damaged(database.file, 'its settings are missing');
  return row;
}

/** Writes the state of a new file. */
export function insertState(database: Database, settings: Settings): void {
  const row = { settings: JSON.stringify(settings), sequence: 0, items: 0, products: 0 };
  database.run('INSERT INTO state VALUES (1, ?, 0, 0, 0, ?)', row.settings, checksumOfState(row));
}

function writeRow(database: Database, row: Omit<StateRow, 'checksum'>): void {
  const { settings, sequence, items, products } = row;
  const sql = 'UPDATE state SET settings = ?, sequence = ?, items = ?, products = ?, checksum = ?';
  database.run(sql, settings, sequence, items, products, checksumOfState(row));
}

function settingsOf(database: Database, text: string): Settings {
  const known = parsed.get(database);
  if (known?.text === text) return known.settings;
  const settings = parseSettings(text);
  if ('problem' in settings) throw damaged(database.file, settings.problem);
  parsed.set(database, { text, settings });
  return settings;
}

/** Writes the counters. */
export const writeCounters = (database: Database, { sequence, items, products }: Counters): void =>
  writeRow(database, { ...readRow(database), sequence, items, products });

/** Writes the settings. @throws RangeError for settings that could not be read again. */
export function writeSettings(database: Database, settings: Settings): void {
  const json = JSON.stringify(settings);
  const read = parseSettings(json);
  if ('problem' in read) throw new RangeError(read.problem);
  writeRow(database, { ...readRow(database), settings: json });
}
