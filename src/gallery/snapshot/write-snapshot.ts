import { rmSync, writeFileSync } from 'node:fs';
import type { SnapshotReport } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import {
  fileError,
  hashFileSync,
  withDescriptor,
  withFileSync,
  writeAtomicallySync,
} from '../../files/index.ts';
import { formatOf } from '../storage/collection-file.ts';
import { Database } from '../storage/database.ts';
import { readState, writeSettings } from '../storage/state.ts';
import { formatVersion } from '../storage/tables.ts';
import { copyBytes } from './copy-bytes.ts';
import { encodeHeader } from './header.ts';

/** A snapshot to write. */
export interface SnapshotTask {
  readonly collection: string;
  /** The collection's database. */
  readonly database: string;
  /** The snapshot's file. */
  readonly path: string;
}

/**
 * Writes one JSON line (see `SnapshotHeader`) and a compacted copy of the database; `path` appears whole or not at all.
 * @throws SnapshelfError `disk-full`, `not-writable`, `gallery-damaged`, `gallery-locked`.
 */
export function writeSnapshot({ collection, database, path }: SnapshotTask): SnapshotReport {
  let report: SnapshotReport | undefined;
  writeAtomicallySync(path, (temporary) => {
    const copy = `${temporary}.database`;
    try {
      // SQLite takes an empty file, and would not say why it cannot make one.
      writeFileSync(copy, '', { flag: 'wx' });
      copyDatabase(database, copy);
      removeKeys(copy);
      report = assemble(collection, copy, temporary);
    } catch (error) {
      throw ofSnapshot(error, path);
    } finally {
      for (const file of [copy, `${copy}-journal`]) rmSync(file, { force: true });
    }
  });
  if (report === undefined) throw new TypeError('The snapshot was not assembled.');
  return report;
}

/** The error for the caller: of two files, only that of the snapshot takes space. */
const ofSnapshot = (error: unknown, path: string): unknown =>
  error instanceof SnapshelfError && error.code === 'disk-full' ? fileError(error.cause, path) : error;

/** Copies a database. `VACUUM INTO` reads one consistent state, also while another thread writes. */
function copyDatabase(from: string, copy: string): void {
  using database = new Database(from, { readOnly: true });
  database.run('VACUUM INTO ?', copy);
}

/** Removes the keys of the collection's cursors, which the receiver of a snapshot must not be able to sign, and of its file of vectors. */
function removeKeys(copy: string): void {
  const isOld = formatOf(copy) < formatVersion;
  using database = new Database(copy);
  database.exec('PRAGMA secure_delete = ON; PRAGMA synchronous = OFF');
  if (isOld) database.exec("UPDATE state SET settings = json_remove(settings, '$.cursorKey')");
  else {
    const { cursorKey: _, vectorsKey: __, ...settings } = readState(database).settings;
    writeSettings(database, settings);
  }
}

function assemble(collection: string, copy: string, snapshot: string): SnapshotReport {
  const digest = hashFileSync(copy);
  const line = encodeHeader({ format: 'snapshelf-snapshot', version: 1, collection, ...digest });
  withDescriptor(snapshot, 'wx', (to) => {
    writeFileSync(to, line);
    withFileSync(copy, Number.MAX_SAFE_INTEGER, (from) => copyBytes(from, 0, to));
  });
  return { bytes: line.length + digest.bytes, sha256: digest.sha256 };
}
