import { lstat, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lease } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { type EvaluationRequest, type Job, readRequestFile } from '../../eval/index.ts';
import { makeFolder, writeAtomically } from '../../files/index.ts';
import type { Logger } from '../../log.ts';
import { toSnapshelfError } from '../http/problem.ts';
import { parsers } from '../parsing/parser-pool.ts';
import { type EvaluationSummary, isOver } from './evaluation-job.ts';
import type { EvaluationMirror } from './evaluation-mirror.ts';
import { isOfThisFormat, parseJob, printJob } from './job-file.ts';
import { failedJob, headBytes, oldJobBytes } from './old-job.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Ignores that an evaluation is gone: one that is to be removed may have been removed for its age or number. */
export function ignoreMissing(error: unknown): void {
  if (!(error instanceof SnapshelfError) || error.code !== 'item-not-found') throw error;
}

/** Files that a start may leave when a crash cuts it off. */
const beginnings = /^(request|manifest)\.json$|^\..*\.tmp$/;

/** A manifest: its entries as a checked JSON list, and their number. */
export interface Manifest {
  readonly bytes: Uint8Array;
  readonly entries: number;
}

/**
 * Keeps evaluations in a folder, one folder each, by id: `job.json`, which is small; `request.json` and `manifest.json`,
 * which only the evaluation itself reads; and, when it is done, `report.json`.
 */
export class EvaluationStore {
  readonly #folder: string;
  readonly #log: Logger;
  readonly #mirror: EvaluationMirror | undefined;

  /** @param mirror what the servers of an engine share; undefined: there are no others */
  constructor(folder: string, log: Logger, mirror?: EvaluationMirror) {
    this.#folder = folder;
    this.#log = log;
    this.#mirror = mirror;
  }

  /** Returns the path of the report of a job. */
  reportOf(id: string): string {
    return join(this.#folder, id, 'report.json');
  }

  /** Returns the files of a job, for its process. */
  filesOf({ id, request }: EvaluationSummary): Pick<Job, 'request' | 'manifest' | 'report'> {
    const entries = request.manifestEntries;
    return {
      request: join(this.#folder, id, 'request.json'),
      manifest:
        entries === undefined ? undefined : { path: join(this.#folder, id, 'manifest.json'), entries },
      report: this.reportOf(id),
    };
  }

  /**
   * Reads the request of a job, with its filters.
   * @throws SnapshelfError `gallery-damaged`
   */
  async requestOf(id: string): Promise<EvaluationRequest> {
    return readRequestFile(join(this.#folder, id, 'request.json')).catch((cause: unknown) => {
      throw new SnapshelfError('gallery-damaged', `The request of the evaluation ${id} cannot be read.`, {
        cause,
      });
    });
  }

  /**
   * Writes a new job. It survives a crash once this resolves.
   * @param request JSON.
   * @param manifest JSON.
   */
  async create(job: EvaluationSummary, request: Uint8Array, manifest?: Uint8Array): Promise<void> {
    const folder = join(this.#folder, job.id);
    await makeFolder(folder);
    if (manifest !== undefined && !isOver(job))
      await writeAtomically(join(folder, 'manifest.json'), manifest);
    await writeAtomically(join(folder, 'request.json'), request);
    for (const name of ['request.json', 'manifest.json'] as const) await this.#mirror?.give(job.id, name);
    // Last: with it the job is accepted.
    await this.save(job);
  }

  /** Writes a job in its new state. The manifest of one that is over is removed: nobody needs it. */
  async save(job: EvaluationSummary, lease?: Lease): Promise<void> {
    const folder = join(this.#folder, job.id);
    await this.#mirror?.save(job, lease);
    await writeAtomically(join(folder, 'job.json'), printJob(job));
    if (isOver(job)) await rm(join(folder, 'manifest.json'), { force: true });
  }

  /** Removes a job with all its files. */
  async remove(id: string): Promise<void> {
    await this.#mirror?.remove(id);
    await rm(join(this.#folder, id), { recursive: true, force: true });
  }

  /**
   * Reads all jobs one after the other, and returns them, the oldest first. Those of an earlier release are rewritten in
   * the format of this one. Damaged or too large ones are named in the log and left alone.
   */
  async load(): Promise<EvaluationSummary[]> {
    const jobs: EvaluationSummary[] = [];
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const job = uuid.test(name) ? await this.#read(name) : undefined;
      if (job !== undefined) jobs.push(job);
    }
    return jobs.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
  }

  async #read(id: string): Promise<EvaluationSummary | undefined> {
    try {
      await requirePlain(join(this.#folder, id));
      const path = join(this.#folder, id, 'job.json');
      const found = await stat(path).catch(() => undefined);
      if (found === undefined) return await this.#removeBeginning(id);
      if (found.size > oldJobBytes)
        return await this.#giveUp(
          id,
          path,
          new RangeError(`Its job.json has ${found.size} bytes, too many.`),
        );
      const bytes = await readFile(path);
      if (!isOfThisFormat(bytes)) return await this.#takeOver(id, bytes, path);
      const job = parseJob(bytes);
      if (job.id === id) return job;
      throw new RangeError(`Its job.json is that of ${job.id}.`);
    } catch (error) {
      const { message } = error instanceof RangeError ? error : toSnapshelfError(error);
      this.#log.warn(`the evaluation ${id} is left out: ${message}`, { id });
      return undefined;
    }
  }

  /** Rewrites a job of an earlier release, whose manifest may be large. */
  async #takeOver(id: string, bytes: Uint8Array, path: string): Promise<EvaluationSummary> {
    const read = parsers().run('oldJob', [bytes]);
    const old = await read.catch((error: unknown) => error as Error);
    if (old instanceof Error) return this.#giveUp(id, path, old);
    const { job, request, manifest } = old;
    if (job.id !== id) throw new RangeError(`Its job.json is that of ${job.id}.`);
    await this.create(job, request, manifest);
    return job;
  }

  /** Replaces a job that an earlier release took and this one does not by a small one that failed and can be removed. */
  async #giveUp(id: string, path: string, error: Error): Promise<EvaluationSummary> {
    const job = failedJob(id, await readHead(path), (await stat(path)).mtime);
    if (job === undefined) throw error;
    this.#log.warn(`the evaluation ${id} of an earlier release is given up: ${error.message}`, { id });
    await this.create(job, Buffer.from('{}\n'));
    return job;
  }

  /** Removes a job without a `job.json`: its request was never answered. */
  async #removeBeginning(id: string): Promise<undefined> {
    const names = await readdir(join(this.#folder, id));
    if (names.every((name) => beginnings.test(name))) await this.remove(id);
  }
}

async function readHead(path: string): Promise<Uint8Array> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
  return buffer.subarray(0, bytesRead);
}

/** Refuses links: in a folder that was copied from anywhere, one could have any file of the machine sent as a report. */
async function requirePlain(folder: string): Promise<void> {
  if (!(await lstat(folder)).isDirectory()) throw new RangeError('It is a link, or no folder.');
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (!entry.isFile()) throw new RangeError(`Its ${entry.name} is a link, or no file.`);
}
