import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { SnapshelfError } from '../errors.ts';
import { Database } from './database.ts';
import { syncDirectory } from './durable.ts';
import { openCatalogueFile } from './schema.ts';
import type { SnapshotReport } from './types.ts';

/** The first line of a snapshot; the database follows it. */
interface Header {
  readonly format: 'snapshelf-snapshot';
  readonly version: 1;
  /** The collection's name when the snapshot was made. */
  readonly collection: string;
  /** Length of the database. */
  readonly bytes: number;
  /** Hex, of the database. */
  readonly sha256: string;
}

const chunkBytes = 1024 * 1024;
const maxHeaderBytes = 4096;

/** Writes one JSON line (see `Header`) and a compacted copy of the catalogue; `path` appears whole or not at all. */
export function writeSnapshot(catalogue: string, collection: string, path: string): SnapshotReport {
  mkdirSync(dirname(path), { recursive: true });
  const unique = `${path}.${randomBytes(6).toString('hex')}`;
  const [copy, partial] = [`${unique}.database`, `${unique}.partial`];
  try {
    copyDatabase(catalogue, copy);
    const digest = { bytes: 0, sha256: '' };
    withFile(copy, 'r', (from) => Object.assign(digest, pump(from, 0)));
    const header: Header = { format: 'snapshelf-snapshot', version: 1, collection, ...digest };
    const bytes = assemble(header, copy, partial);
    renameSync(partial, path);
    syncDirectory(dirname(path));
    return { bytes, sha256: digest.sha256 };
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
}

function assemble(header: Header, copy: string, partial: string): number {
  const line = Buffer.from(`${JSON.stringify(header)}\n`);
  withFile(partial, 'wx', (to) => {
    writeAll(to, line);
    withFile(copy, 'r', (from) => pump(from, 0, to));
    fsyncSync(to);
  });
  return line.length + header.bytes;
}

/**
 * Unpacks a snapshot's database into `file`, ready to be opened. Throws `snapshot-invalid` unless every byte is what was
 * written.
 */
export function readSnapshot(path: string, file: string): void {
  withFile(path, 'r', (from) => {
    const { header, length } = readHeader(from, path);
    if (fstatSync(from).size !== length + header.bytes)
      throw invalid(path, `it should have ${length + header.bytes} bytes, not ${fstatSync(from).size}`);
    withFile(file, 'wx', (to) => {
      if (pump(from, length, to).sha256 !== header.sha256)
        throw invalid(path, 'its SHA-256 is not that of its header');
      fsyncSync(to);
    });
  });
  const database = openCatalogueFile(file);
  try {
    database.exec('PRAGMA journal_mode = WAL');
  } finally {
    database.close();
  }
}

function readHeader(from: number, path: string): { header: Header; length: number } {
  const start = Buffer.alloc(maxHeaderBytes);
  const end = start.subarray(0, readSync(from, start, 0, maxHeaderBytes, 0)).indexOf('\n');
  const header = end === -1 ? undefined : parse(start.toString('utf8', 0, end));
  if (!isHeader(header)) throw invalid(path, 'it does not begin as a snapshot of this version does');
  return { header, length: end + 1 };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller says that it is no header
  }
}

function isHeader(value: unknown): value is Header {
  if (typeof value !== 'object' || value === null) return false;
  const { format, version, bytes, sha256 } = value as Partial<Record<keyof Header, unknown>>;
  const isKnown = format === 'snapshelf-snapshot' && version === 1;
  return isKnown && Number.isSafeInteger(bytes) && typeof sha256 === 'string';
}

const invalid = (path: string, why: string): SnapshelfError =>
  new SnapshelfError('snapshot-invalid', `${path} is not a whole snapshot: ${why}. Nothing was restored.`, {
    details: { path },
  });

/** Reads from `position` to the end, hashing, and writing where there is something to write to. */
function pump(from: number, position: number, to?: number): { bytes: number; sha256: string } {
  const chunk = Buffer.alloc(chunkBytes);
  const hash = createHash('sha256');
  let bytes = 0;
  for (;;) {
    const read = readSync(from, chunk, 0, chunkBytes, position + bytes);
    if (read === 0) return { bytes, sha256: hash.digest('hex') };
    const part = chunk.subarray(0, read);
    hash.update(part);
    if (to !== undefined) writeAll(to, part);
    bytes += read;
  }
}

function writeAll(to: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(to, bytes, written);
}

function withFile(path: string, flags: 'r' | 'wx', work: (descriptor: number) => void): void {
  const descriptor = openSync(path, flags);
  try {
    work(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
