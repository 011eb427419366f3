import { randomBytes } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  digestFile,
  type FileDigest,
  readFully,
  withFile,
  writeDurably,
  writeFully,
} from './durable-file.ts';
import {
  dataFileName,
  type IndexFacts,
  type Manifest,
  parseManifest,
  serializeManifest,
} from './manifest.ts';
import type { ExpectedIndex } from './vector-index.ts';

const manifestName = 'index.json';
/** Many times what one takes. */
const maxManifestBytes = 64 * 1024;
const parts = ['vectors', 'labels'] as const;
type Part = (typeof parts)[number];

/** Checked files: sizes and checksums are those of the manifest. */
export interface LoadedFiles {
  readonly manifest: Manifest;
  readonly paths: Readonly<Record<Part, string>>;
}

/**
 * Writes the data files under new names, then the manifest that names them, then removes what no manifest names any
 * more: a crash at any point leaves the previous or the new index. Throws `disk-full`.
 */
export function saveFiles(
  directory: string,
  facts: IndexFacts,
  writers: Readonly<Record<Part, (path: string) => void>>,
): void {
  mkdirSync(directory, { recursive: true });
  const stem = `index.${facts.sequence}-${randomBytes(8).toString('hex')}`;
  const save = (part: Part): FileDigest & { name: string } => {
    const name = `${stem}.${part}`;
    return { name, ...writeDurably(join(directory, name), writers[part]) };
  };
  try {
    const manifest: Manifest = {
      formatVersion: 1,
      ...facts,
      files: { vectors: save('vectors'), labels: save('labels') },
    };
    const text = serializeManifest(manifest);
    writeDurably(join(directory, manifestName), (path) => writeFileSync(path, text));
  } catch (error) {
    for (const part of parts) rmSync(join(directory, `${stem}.${part}`), { force: true });
    throw error;
  }
  removeOthers(directory, stem);
}

function removeOthers(directory: string, stem: string): void {
  for (const name of readdirSync(directory)) {
    const ours = dataFileName.test(name.replace(/\.tmp$/, '')) || name === `${manifestName}.tmp`;
    if (ours && !name.startsWith(`${stem}.`)) rmSync(join(directory, name), { force: true });
  }
}

/** The files of the saved index, all of them verified, or why they cannot be used. */
export function openFiles(directory: string, expected: ExpectedIndex): LoadedFiles | { problem: string } {
  const manifestPath = join(directory, manifestName);
  if (!existsSync(manifestPath)) return { problem: 'there is no saved index' };
  if (statSync(manifestPath).size > maxManifestBytes) return { problem: 'index.json is too large' };
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

function mismatch(manifest: Manifest, expected: ExpectedIndex): string | undefined {
  const field = (['modelId', 'metric', 'dimension'] as const).find(
    (name) => manifest[name] !== expected[name],
  );
  if (field === undefined) return undefined;
  return `the saved index has ${field} ${manifest[field]}, not ${expected[field]}`;
}

function fileProblem(path: string, listed: Manifest['files'][Part]): string | undefined {
  if (!existsSync(path)) return `${listed.name} is missing`;
  if (!lstatSync(path).isFile()) return `${listed.name} is no regular file`;
  // The size goes first: it spares hashing a file that cannot be right.
  const { size } = statSync(path);
  if (size !== listed.bytes) return `${listed.name} has ${size} bytes instead of ${listed.bytes}`;
  return digestFile(path).sha256 === listed.sha256 ? undefined : `${listed.name} has another checksum`;
}

/** Writes numbers as float64, little-endian: exact for every safe integer. */
export function writeNumbers(path: string, numbers: Float64Array): void {
  withFile(path, 'w', (file) => writeFully(file, numbers));
}

/** What `writeNumbers` wrote. Throws when the file is no whole number of them. */
export function readNumbers(path: string): Float64Array {
  const { size } = statSync(path);
  const numbers = new Float64Array(size / Float64Array.BYTES_PER_ELEMENT);
  withFile(path, 'r', (file) => readFully(file, numbers));
  return numbers;
}
