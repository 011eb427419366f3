import { counted } from '../../text.ts';
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
  const row = database.get<Counters & { settings: string }>(
    'SELECT settings, sequence, items, products FROM state',
  );
  if (row === undefined) throw damaged(database.file, 'its settings are missing');
  const { sequence, items, products } = row;
  for (const count of [sequence, items, products])
    if (count < 0 || count > maxCount)
      throw damaged(database.file, `it counts ${counted(count, 'item or change', 'items or changes')}`);
  if (items > sequence || products > items)
    throw damaged(database.file, 'its counters contradict one another');
  return { sequence, items, products, settings: settingsOf(database, row.settings) };
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
export function writeCounters(database: Database, { sequence, items, products }: Counters): void {
  database.run('UPDATE state SET sequence = ?, items = ?, products = ?', sequence, items, products);
}

/** Writes the settings. @throws RangeError for settings that could not be read again. */
export function writeSettings(database: Database, settings: Settings): void {
  const json = JSON.stringify(settings);
  const read = parseSettings(json);
  if ('problem' in read) throw new RangeError(read.problem);
  database.run('UPDATE state SET settings = ?', json);
}
