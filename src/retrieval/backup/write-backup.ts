import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Engine, engineCannot } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { writeAtomically } from '../../files/index.ts';
import { storedModelPath } from '../../model/index.ts';
import { type BackupManifest, manifestName, modelEntry, snapshotEntry } from './backup-manifest.ts';
import { tarEnd, tarHeader, tarPadding } from './tar.ts';

/** The data folder of a backup: a `Retriever` is one. */
export interface BackupSource {
  readonly data: string;
  readonly gallery: Engine;
  readonly readOnly: boolean;
}

/** Progress of a backup. */
export interface BackupProgress {
  /** Collections and models that are written, out of `total`. */
  readonly done: number;
  readonly total: number;
  /** Bytes that are written. */
  readonly bytes: number;
}

/** Options of `writeBackup`. */
export interface BackupOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: BackupProgress) => void) | undefined;
}

/** A backup that was written. */
export interface BackupReport {
  readonly bytes: number;
  /** Names of the collections. */
  readonly collections: readonly string[];
  /** Identities (SHA-256) of the models. */
  readonly models: readonly string[];
  /** Identities of models that collections need and the data folder does not have. */
  readonly missingModels: readonly string[];
}

/**
 * Writes a data folder's collections, each as it is at one moment, and its models as one tar archive: to a stream, which is
 * ended, or to a file, which appears whole or not at all. Other calls go on meanwhile. It needs free space for a copy of the
 * largest collection: beside the file; for a stream in the data folder, or in the folder for temporary files if the data folder is open
 * to read only. Reports of evaluations and search indexes are not in it.
 *
 * @throws SnapshelfError `gallery-damaged` if a collection is damaged, `model-invalid` if a model is; `engine-cannot` for an engine or a
 * picture store that writes no snapshots; `disk-full`, `not-writable`.
 * @throws unknown the signal's reason if it aborts; the stream's error.
 * @example
 * ```ts
 * import { Retriever, writeBackup } from 'snapshelf';
 *
 * const retriever = await Retriever.open('data', { readOnly: true });
 * const { missingModels } = await writeBackup(retriever, 'data.tar');
 * await retriever.close();
 * ```
 */
export async function writeBackup(
  source: BackupSource,
  to: string | Writable,
  options: BackupOptions = {},
): Promise<BackupReport> {
  const folder = workFolder(source, to);
  const backup = new Backup(source, folder, options);
  try {
    await backup.prepare();
    if (typeof to === 'string') await writeAtomically(resolve(to), backup.pieces());
    else
      await pipeline(Readable.from(backup.pieces(), { objectMode: false }), to, { signal: options.signal });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return backup.report;
}

/** A new name for a folder of copies. In the data folder it is one that goes when the folder is opened again after a crash. */
function workFolder({ data, readOnly }: BackupSource, to: string | Writable): string {
  const name = `.new-${randomUUID()}`;
  if (typeof to === 'string') return join(dirname(resolve(to)), `.${basename(to)}${name}`);
  return readOnly ? join(tmpdir(), `snapshelf${name}`) : join(data, 'collections', name);
}

class Backup {
  readonly #source: BackupSource;
  readonly #folder: string;
  readonly #options: BackupOptions;
  readonly #time = new Date();
  readonly #collections: BackupManifest['collections'] = [];
  readonly #models: BackupManifest['models'] = [];
  #names: readonly string[] = [];
  #needed: ReadonlySet<string> = new Set();
  #modelFiles: readonly string[] = [];
  #bytes = 0;

  constructor(source: BackupSource, folder: string, options: BackupOptions) {
    this.#source = source;
    this.#folder = folder;
    this.#options = options;
  }

  get report(): BackupReport {
    const models = this.#models.map(({ sha256 }) => sha256);
    return {
      bytes: this.#bytes,
      collections: this.#collections.map(({ name }) => name),
      models,
      missingModels: [...this.#needed].filter((id) => !models.includes(id)),
    };
  }

  /** Looks what there is. @throws SnapshelfError `engine-cannot`, `gallery-damaged`; `not-writable`, `disk-full`. */
  async prepare(): Promise<void> {
    const { gallery, data } = this.#source;
    // Also where there is no collection: a backup of nothing would be taken for one of all.
    if (!gallery.capabilities.snapshots) throw engineCannot(gallery.kind, 'snapshots');
    const [damaged] = await gallery.damaged();
    if (damaged !== undefined)
      throw new SnapshelfError(
        'gallery-damaged',
        `The collection ${damaged.name} is damaged, so that a backup would lack it. Restore or drop it first. ${damaged.error.message}`,
        { cause: damaged.error, details: { collection: damaged.name } },
      );
    const infos = await gallery.collections();
    this.#names = infos.map(({ name }) => name);
    this.#needed = new Set(infos.map(({ modelId }) => modelId));
    const models = join(data, 'models');
    const files = existsSync(models) ? await readdir(models) : [];
    this.#modelFiles = files.filter((name) => /^[0-9a-f]{64}\.onnx$/.test(name)).sort();
    await mkdir(this.#folder, { recursive: true });
  }

  /** Makes the archive piece by piece: the collections, then the models, which are never removed, then the manifest. */
  async *pieces(): AsyncGenerator<Uint8Array> {
    for (const name of this.#names) yield* this.#collection(name);
    for (const name of this.#modelFiles) yield* this.#model(name.slice(0, -'.onnx'.length));
    const manifest: BackupManifest = {
      format: 'snapshelf-backup',
      version: 1,
      createdAt: this.#time.toISOString(),
      collections: this.#collections,
      models: this.#models,
    };
    const json = Buffer.from(`${JSON.stringify(manifest, undefined, 2)}\n`);
    yield* this.#file(manifestName, json.length, [json]);
    yield this.#counted(tarEnd());
  }

  async *#collection(name: string): AsyncGenerator<Uint8Array> {
    const copy = join(this.#folder, 'snapshot');
    try {
      const { bytes } = await this.#source.gallery.snapshot(name, copy);
      const sha256 = yield* this.#file(snapshotEntry(name), bytes, createReadStream(copy));
      this.#collections.push({ name, sha256, bytes });
    } catch (error) {
      // One that was dropped meanwhile is not in the data folder any more.
      if (!(error instanceof SnapshelfError) || error.code !== 'collection-not-found') throw error;
    }
    await rm(copy, { force: true });
    this.#progress();
  }

  async *#model(id: string): AsyncGenerator<Uint8Array> {
    const path = storedModelPath(this.#source.data, id);
    const { size } = await stat(path);
    const sha256 = yield* this.#file(modelEntry(id), size, createReadStream(path));
    if (sha256 !== id)
      throw new SnapshelfError(
        'model-invalid',
        `${path} was changed: its SHA-256 is ${sha256}. Put the original back, or remove it.`,
      );
    this.#models.push({ sha256, bytes: size });
    this.#progress();
  }

  /** Yields a file of the archive and returns its SHA-256. */
  async *#file(
    name: string,
    bytes: number,
    content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array, string> {
    const hash = createHash('sha256');
    let read = 0;
    yield this.#counted(tarHeader(name, bytes, Math.floor(this.#time.getTime() / 1000)));
    for await (const piece of content) {
      this.#options.signal?.throwIfAborted();
      hash.update(piece);
      read += piece.length;
      yield this.#counted(piece);
    }
    if (read !== bytes) throw new RangeError(`${name} had ${bytes} bytes, but ${read} were read.`);
    yield this.#counted(tarPadding(bytes));
    return hash.digest('hex');
  }

  #counted(piece: Uint8Array): Uint8Array {
    this.#bytes += piece.length;
    return piece;
  }

  #progress(): void {
    this.#options.onProgress?.({
      done: this.#collections.length + this.#models.length,
      total: this.#names.length + this.#modelFiles.length,
      bytes: this.#bytes,
    });
  }
}
