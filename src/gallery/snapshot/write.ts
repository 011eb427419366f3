import { createHash, randomBytes } from 'node:crypto';
import { fsyncSync, mkdirSync, readSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { withFile, writeFully } from '../ann/durable-file.ts';
import { syncDirectory } from '../durable.ts';
import { Database } from '../storage/database.ts';
import type { SnapshotReport } from '../types.ts';
import { encodeHeader } from './header.ts';

const chunkBytes = 1024 * 1024;

/**
 * Writes one JSON line (see `SnapshotHeader`) and a compacted copy of the catalogue; `path` appears whole or not at
 * all.
 */
export function writeSnapshot(catalogue: string, collection: string, path: string): SnapshotReport {
  mkdirSync(dirname(path), { recursive: true });
  const unique = `${path}.${randomBytes(6).toString('hex')}`;
  const copy = `${unique}.database`;
  const partial = `${unique}.partial`;
  try {
    copyDatabase(catalogue, copy);
    const report = assemble(collection, copy, partial);
    renameSync(partial, path);
    syncDirectory(dirname(path));
    return report;
  } finally {
    for (const file of [copy, `${copy}-journal`, partial]) rmSync(file, { force: true });
  }
}

/** `VACUUM INTO` reads one consistent state, whatever is written meanwhile. */
function copyDatabase(catalogue: string, copy: string): void {
  const database = new Database(catalogue, { readOnly: true });
  try {
    database.run('VACUUM INTO ?', copy);
  } finally {
    database.close();
  }
  removeKey(copy);
}

/** Who gets the snapshot must not be able to sign cursors of the collection. */
function removeKey(copy: string): void {
  const database = new Database(copy);
  try {
    database.exec(`PRAGMA secure_delete = ON; PRAGMA synchronous = OFF;
      UPDATE state SET settings = json_remove(settings, '$.cursorKey')`);
  } finally {
    database.close();
  }
}

function assemble(collection: string, copy: string, partial: string): SnapshotReport {
  const digest = withFile(copy, 'r', (from) => pump(from, 0));
  const line = encodeHeader({ format: 'snapshelf-snapshot', version: 1, collection, ...digest });
  withFile(partial, 'wx', (to) => {
    writeFully(to, line);
    withFile(copy, 'r', (from) => pump(from, 0, to));
    fsyncSync(to);
  });
  return { bytes: line.length + digest.bytes, sha256: digest.sha256 };
}

/** Reads from `position` to the end, hashing, and writing where there is something to write to. */
export function pump(from: number, position: number, to?: number): { bytes: number; sha256: string } {
  const chunk = Buffer.alloc(chunkBytes);
  const hash = createHash('sha256');
  let bytes = 0;
  for (;;) {
    const read = readSync(from, chunk, 0, chunkBytes, position + bytes);
    if (read === 0) return { bytes, sha256: hash.digest('hex') };
    const part = chunk.subarray(0, read);
    hash.update(part);
    if (to !== undefined) writeFully(to, part);
    bytes += read;
  }
}
