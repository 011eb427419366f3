import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type FileDigest,
  hashFileSync,
  makeFolderSync,
  readSyncAt,
  withFileSync,
  writeAtomicallySync,
} from '../../files/index.ts';
import {
  dataFileName,
  type IndexDescription,
  type IndexEngine,
  type IndexOrigin,
  type Manifest,
  parseManifest,
  serializeManifest,
} from './manifest.ts';

const manifestName = 'index.json';
/** Many times the size of a manifest. */
const maxManifestBytes = 64 * 1024;
const parts = ['vectors', 'labels'] as const;
type Part = (typeof parts)[number];

/** The vectors of an index, and the engine that it must be of. */
export interface ExpectedIndex extends IndexOrigin {
  /** Default: any. */
  readonly engine?: IndexEngine | undefined;
}

/** The checked files of a saved index: sizes and checksums are those of the manifest. */
export interface IndexFiles {
  readonly manifest: Manifest;
  readonly paths: Readonly<Record<Part, string>>;
}

/**
 * Saves an index: writes the data files under new names, then the manifest that names them, then removes files that no
 * manifest names any more. A crash at any point leaves the previous or the new index.
 * @param writers write the two data files to the paths that they are given
 * @throws SnapshelfError `disk-full`, `not-writable`.
 */
export function saveIndexFiles(
  directory: string,
  description: IndexDescription,
  writers: Readonly<Record<Part, (path: string) => void>>,
): void {
  makeFolderSync(directory);
  const stem = `index.${description.sequence}-${randomBytes(8).toString('hex')}`;
  const save = (part: Part): FileDigest & { name: string } => {
    const name = `${stem}.${part}`;
    const path = join(directory, name);
    writeAtomicallySync(path, writers[part]);
    return { name, ...hashFileSync(path) };
  };
  try {
    const manifest: Manifest = {
      formatVersion: 1,
      ...description,
      files: { vectors: save('vectors'), labels: save('labels') },
    };
    writeAtomicallySync(join(directory, manifestName), serializeManifest(manifest));
  } catch (error) {
    for (const part of parts) rmSync(join(directory, `${stem}.${part}`), { force: true });
    throw error;
  }
  removeOthers(directory, stem);
}

/** True for the name of a file that is not whole, as this version or an earlier one calls it. */
const isTemporary = (name: string): boolean =>
  (name.startsWith('.index.') && name.endsWith('.tmp')) ||
  name === `${manifestName}.tmp` ||
  (name.endsWith('.tmp') && dataFileName.test(name.slice(0, -4)));

function removeOthers(directory: string, stem: string): void {
  for (const name of readdirSync(directory)) {
    const isOther = dataFileName.test(name) && !name.startsWith(`${stem}.`);
    if (isOther || isTemporary(name)) rmSync(join(directory, name), { force: true });
  }
}

/** Opens the files of a saved index and verifies them. Returns them, or why they cannot be used. */
export function openIndexFiles(directory: string, expected: ExpectedIndex): IndexFiles | { problem: string } {
  const manifestPath = join(directory, manifestName);
  const stats = lstatSync(manifestPath, { throwIfNoEntry: false });
  if (stats === undefined) return { problem: 'there is no saved index' };
  if (stats.size > maxManifestBytes) return { problem: 'index.json is too large' };
  const manifest = parseManifest(readFileSync(manifestPath, 'utf8'));
  if ('problem' in manifest) return manifest;
  const paths = {
    vectors: join(directory, manifest.files.vectors.name),
    labels: join(directory, manifest.files.labels.name),
  };
  const problem =
    mismatch(manifest, expected) ??
    parts.map((part) => fileProblem(paths[part], manifest.files[part])).find(Boolean);
  return problem === undefined ? { manifest, paths } : { problem };
}

function mismatch(
  manifest: Manifest,
  { engine = manifest.engine, ...origin }: ExpectedIndex,
): string | undefined {
  const expected = { ...origin, engine };
  const field = (['modelId', 'metric', 'dimension', 'engine'] as const).find(
    (name) => manifest[name] !== expected[name],
  );
  if (field === undefined) return undefined;
  return `the saved index has ${field} ${manifest[field]}, not ${expected[field]}`;
}

function fileProblem(path: string, listed: Manifest['files'][Part]): string | undefined {
  if (!existsSync(path)) return `${listed.name} is missing`;
  const stats = lstatSync(path);
  if (!stats.isFile()) return `${listed.name} is no regular file`;
  // The size goes first: it spares hashing a file that cannot be right.
  if (stats.size !== listed.bytes) return `${listed.name} has ${stats.size} bytes instead of ${listed.bytes}`;
  return hashFileSync(path).sha256 === listed.sha256 ? undefined : `${listed.name} has another checksum`;
}

/** Writes numbers as float64, little-endian: exact for every safe integer. */
export function writeNumbers(path: string, numbers: Float64Array): void {
  writeFileSync(path, new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));
}

/**
 * Reads the numbers that `writeNumbers` wrote.
 * @throws RangeError if the file is no whole number of them.
 */
export function readNumbers(path: string): Float64Array {
  const bytes = withFileSync(path, Number.MAX_SAFE_INTEGER, (file, size) => readSyncAt(file, 0, size));
  return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / Float64Array.BYTES_PER_ELEMENT);
}
