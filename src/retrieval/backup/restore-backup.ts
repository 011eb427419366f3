import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { type FileHandle, mkdir, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { RestoredCollection } from '../../engine/index.ts';
import { lockDataFolder, openEngine } from '../../engines/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { fileError, makeFolder, openFile, renameDurably } from '../../files/index.ts';
import { readJson } from '../../json/index.ts';
import { readModelFile, storedModelPath } from '../../model/index.ts';
import {
  type BackupManifest,
  invalidBackup,
  manifestName,
  maxManifestBytes,
  maxParts,
  modelEntry,
  parseManifest,
  snapshotEntry,
} from './backup-manifest.ts';
import { listTar, type TarEntry } from './tar.ts';

const pieceBytes = 1024 * 1024;

/** Progress of restoring a backup. */
export interface RestoreBackupProgress {
  /** Collections and models that were checked and copied, out of `total`. */
  readonly done: number;
  readonly total: number;
}

/** Options of `restoreBackup`. */
export interface RestoreBackupOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: RestoreBackupProgress) => void) | undefined;
  /** True keeps the places in pictures: see `RestoreOptions.keepGps`. Default false. */
  readonly keepGps?: boolean | undefined;
}

/** A backup that was restored. */
export interface RestoredBackup {
  readonly collections: readonly RestoredCollection[];
  /** Identities (SHA-256) of the models. */
  readonly models: readonly string[];
}

/**
 * Makes a data folder from an archive of `writeBackup`, which may come from anywhere: names, sizes and hashes are checked,
 * models as when they are opened, and every row of a collection as when it is written. Only when all is complete do the
 * collections appear in the folder, by one rename; otherwise nothing is left of them.
 *
 * @param folder is made if it is not there; it may hold neither collections nor evaluations
 * @throws SnapshelfError `backup-invalid`, `snapshot-invalid` or `model-invalid` for the archive and its parts,
 * `folder-not-empty`, `gallery-locked`, `disk-full`, `not-writable`.
 * @throws unknown the signal's reason if it aborts.
 * @example
 * ```ts
 * import { restoreBackup } from 'snapshelf';
 *
 * const { models } = await restoreBackup('data.tar', 'data-again');
 * ```
 */
export async function restoreBackup(
  path: string,
  folder: string,
  options: RestoreBackupOptions = {},
): Promise<RestoredBackup> {
  const opened = await openFile(path, Number.MAX_SAFE_INTEGER).catch((cause: Error) => {
    throw invalidBackup(path, `It cannot be read: ${cause.message}.`, cause);
  });
  await using file = opened.file;
  const archive = await Archive.read(file, opened.size, path);
  const isNew = !existsSync(folder);
  if (!isNew && !(await stat(folder)).isDirectory()) throw notEmpty(folder, 'is a file');
  await makeFolder(folder);
  const staged = join(folder, `.restoring-${randomUUID()}`);
  try {
    using _ = lockDataFolder(folder);
    await requireEmpty(folder);
    await removeLeftovers(folder);
    const restored = await stage(archive, staged, options);
    await commit(staged, folder);
    return restored;
  } catch (error) {
    if (isNew) await rm(folder, { recursive: true, force: true });
    throw fileError(error, folder);
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}

async function requireEmpty(folder: string): Promise<void> {
  for (const name of ['collections', 'evaluations']) {
    const entries = await readdir(join(folder, name)).catch(() => []);
    if (entries.length > 0) throw notEmpty(folder, `has ${name} already`);
  }
}

const notEmpty = (folder: string, why: string): SnapshelfError =>
  new SnapshelfError(
    'folder-not-empty',
    `${folder} ${why}, so no backup is restored there. Name a folder that is empty or new.`,
    { details: { folder } },
  );

/** Removes what a restore that was killed left behind. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (name.startsWith('.restoring-')) await rm(join(folder, name), { recursive: true, force: true });
}

/** Restores everything into the new folder `staged`, part by part. */
async function stage(
  archive: Archive,
  staged: string,
  { signal, onProgress, keepGps }: RestoreBackupOptions,
): Promise<RestoredBackup> {
  const { models, collections } = archive.manifest;
  const total = models.length + collections.length;
  let done = 0;
  const next = (): void => {
    signal?.throwIfAborted();
    done += 1;
    onProgress?.({ done, total });
  };
  await mkdir(join(staged, 'models'), { recursive: true });
  for (const { sha256 } of models) {
    const to = storedModelPath(staged, sha256);
    await archive.extract(modelEntry(sha256), sha256, to);
    await readModelFile(to);
    next();
  }
  const infos: RestoredCollection[] = [];
  await using gallery = await openEngine(staged);
  for (const { name, sha256 } of collections) {
    const snapshot = join(staged, 'snapshot');
    await archive.extract(snapshotEntry(name), sha256, snapshot);
    infos.push(await gallery.restore(name, snapshot, { keepGps }));
    await rm(snapshot);
    next();
  }
  return { collections: infos, models: models.map(({ sha256 }) => sha256) };
}

/** Moves everything to its place. The folder has its collections from the last rename on. */
async function commit(staged: string, folder: string): Promise<void> {
  await makeFolder(join(folder, 'models'));
  for (const name of await readdir(join(staged, 'models')))
    await renameDurably(join(staged, 'models', name), join(folder, 'models', name));
  const collections = join(folder, 'collections');
  if (existsSync(collections)) await rmdir(collections);
  await renameDurably(join(staged, 'collections'), collections);
}

/** An archive whose manifest lists what it holds, and nothing else. */
class Archive {
  readonly manifest: BackupManifest;
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #entries: ReadonlyMap<string, TarEntry>;

  private constructor(
    manifest: BackupManifest,
    file: FileHandle,
    path: string,
    entries: ReadonlyMap<string, TarEntry>,
  ) {
    this.manifest = manifest;
    this.#file = file;
    this.#path = path;
    this.#entries = entries;
  }

  /** Reads the list of an archive. @throws SnapshelfError `backup-invalid`. */
  static async read(file: FileHandle, size: number, path: string): Promise<Archive> {
    try {
      const list = await listTar(file, size, 2 * maxParts + 1);
      const entries = new Map(list.map((entry) => [entry.name, entry]));
      const manifest = await readManifest(file, list.at(-1));
      checkEntries(manifest, list);
      return new Archive(manifest, file, path, entries);
    } catch (cause) {
      throw invalidBackup(path, (cause as Error).message, cause);
    }
  }

  /** Copies a file of the archive. @throws SnapshelfError `backup-invalid` if it has another hash. */
  async extract(name: string, sha256: string, to: string): Promise<void> {
    const { start, size } = this.#entries.get(name) as TarEntry;
    const hash = createHash('sha256');
    const file = this.#file;
    // No stream of the file: each would leave a listener on it.
    const hashed = async function* (): AsyncGenerator<Buffer> {
      for (let at = start; at < start + size; ) {
        const piece = Buffer.allocUnsafe(Math.min(pieceBytes, start + size - at));
        const { bytesRead } = await file.read(piece, 0, piece.length, at);
        if (bytesRead === 0) return;
        at += bytesRead;
        hash.update(piece.subarray(0, bytesRead));
        yield piece.subarray(0, bytesRead);
      }
    };
    await pipeline(hashed, createWriteStream(to, { flags: 'wx', flush: true }));
    if (hash.digest('hex') !== sha256) throw invalidBackup(this.#path, `Its file ${name} was changed.`);
  }
}

async function readManifest(file: FileHandle, entry: TarEntry | undefined): Promise<BackupManifest> {
  if (entry?.name !== manifestName) throw new RangeError(`Its last file is not ${manifestName}.`);
  const { start, size } = entry;
  const limits = { bytes: maxManifestBytes, depth: 8, nodes: 8 * maxParts, elements: maxParts };
  if (size > maxManifestBytes)
    throw new RangeError(`Its ${manifestName} has more than ${maxManifestBytes} bytes.`);
  const bytes = Buffer.alloc(size);
  await file.read(bytes, 0, size, start);
  try {
    return parseManifest(readJson(bytes, limits));
  } catch (cause) {
    throw new RangeError(`Its ${manifestName} is not that of a backup of this version.`, { cause });
  }
}

/** Checks that an archive has the files of its manifest, each once with its size, and no other. */
function checkEntries({ models, collections }: BackupManifest, list: readonly TarEntry[]): void {
  const wanted = new Map([
    ...models.map(({ sha256, bytes }) => [modelEntry(sha256), bytes] as const),
    ...collections.map(({ name, bytes }) => [snapshotEntry(name), bytes] as const),
  ]);
  if (wanted.size !== models.length + collections.length) throw new RangeError('It lists a part twice.');
  for (const { name, size } of list.slice(0, -1)) {
    if (wanted.get(name) !== size)
      throw new RangeError(`Its file ${JSON.stringify(name)} is not as ${manifestName} says.`);
    wanted.delete(name);
  }
  const [missing] = wanted.keys();
  if (missing !== undefined) throw new RangeError(`It lacks ${missing}.`);
}
