import { randomBytes } from 'node:crypto';
import type { Logger } from '../../log.ts';
import type { Database } from '../storage/database.ts';
import type { Settings } from '../storage/settings.ts';
import { readState, writeSettings } from '../storage/state.ts';

/** Signs cursors where a collection has no key and cannot be given one: they last as long as the process. */
const ofTheProcess = randomBytes(32);

/** The key that signs the cursors of a collection, 32 bytes. */
export const cursorKeyOf = ({ cursorKey }: Settings): Uint8Array =>
  cursorKey === undefined ? ofTheProcess : Buffer.from(cursorKey, 'hex');

/** A new key, as it is kept in the settings. */
export const newCursorKey = (): string => randomBytes(32).toString('hex');

/** Gives a collection that has none, new or of an earlier release, a key of its own. */
export function addCursorKey(database: Database, log: Logger): void {
  const { settings } = readState(database);
  if (settings.cursorKey !== undefined) return;
  try {
    database.transaction(() => writeSettings(database, { ...settings, cursorKey: newCursorKey() }));
  } catch (error) {
    // A full disk must not keep what is there from being searched.
    log.warn('the collection could not be given a key for its cursors', { error: String(error) });
  }
}
