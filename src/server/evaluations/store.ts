import { lstat, mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SnapshelfError } from '../../errors.ts';
import { type EvaluationRequest, type Job, readRequestFile } from '../../eval/index.ts';
import { writeAtomically } from '../../files/index.ts';
import type { Logger } from '../../log.ts';
import { toSnapshelfError } from '../http/problem.ts';
import { parsers } from '../parsing/parser-pool.ts';
import {
  type EvaluationSummary,
  isOfThisFormat,
  isOver,
  oldJobBytes,
  parseJob,
  printJob,
} from './job-file.ts';
import { failedJob, headBytes } from './old-job.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** What a start that a crash cut off may have left. */
const beginnings = /^(request|manifest)\.json$|^\..*\.tmp$/;

/**
 * Evaluations in a folder, one folder each, by id: `job.json`, which is small; `request.json` and `manifest.json`, which
 * only the evaluation itself reads; and, when it is done, `report.json`.
 */
export class EvaluationStore {
  readonly #folder: string;
  readonly #log: Logger;

  constructor(folder: string, log: Logger) {
    this.#folder = folder;
    this.#log = log;
  }

  /** Where the report of a job is. */
  reportOf(id: string): string {
    return join(this.#folder, id, 'report.json');
  }

  /** What the process of the job needs to know. */
  filesOf({ id, request }: EvaluationSummary): Pick<Job, 'request' | 'manifest' | 'report'> {
    const entries = request.manifestEntries;
    return {
      request: join(this.#folder, id, 'request.json'),
      manifest:
        entries === undefined ? undefined : { path: join(this.#folder, id, 'manifest.json'), entries },
      report: this.reportOf(id),
    };
  }

  /** What was asked, with its filters. Throws `gallery-damaged`. */
  async requestOf(id: string): Promise<EvaluationRequest> {
    return readRequestFile(join(this.#folder, id, 'request.json')).catch((cause: unknown) => {
      throw new SnapshelfError('gallery-damaged', `The request of the evaluation ${id} cannot be read.`, {
        cause,
      });
    });
  }

  /** Keeps a new job with what was asked, both JSON: it survives a crash once this resolves. */
  async create(job: EvaluationSummary, request: Uint8Array, manifest?: Uint8Array): Promise<void> {
    const folder = join(this.#folder, job.id);
    await mkdir(folder, { recursive: true });
    if (manifest !== undefined && !isOver(job))
      await writeAtomically(join(folder, 'manifest.json'), manifest);
    await writeAtomically(join(folder, 'request.json'), request);
    // Last: with it the job is accepted.
    await this.save(job);
  }

  /** Keeps a job as it is now. One that is over needs its manifest no more. */
  async save(job: EvaluationSummary): Promise<void> {
    const folder = join(this.#folder, job.id);
    await writeAtomically(join(folder, 'job.json'), printJob(job));
    if (isOver(job)) await rm(join(folder, 'manifest.json'), { force: true });
  }

  async remove(id: string): Promise<void> {
    await rm(join(this.#folder, id), { recursive: true, force: true });
  }

  /**
   * All jobs, the oldest first, read one after the other; those of an earlier release are kept in this one's format from
   * now on. What is damaged, too large or no job is named in the log and left where it is.
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
        return await this.#giveUp(id, path, new RangeError(`its job.json has ${found.size} bytes`));
      const bytes = await readFile(path);
      if (!isOfThisFormat(bytes)) return await this.#takeOver(id, bytes, path);
      const job = parseJob(bytes);
      if (job.id === id) return job;
      throw new RangeError(`its job.json is that of ${job.id}`);
    } catch (error) {
      const { message } = error instanceof RangeError ? error : toSnapshelfError(error);
      this.#log.warn(`the evaluation ${id} is left out: ${message}`, { id });
      return undefined;
    }
  }

  /** A job of an earlier release, whose manifest may be large. */
  async #takeOver(id: string, bytes: Uint8Array, path: string): Promise<EvaluationSummary> {
    const read = parsers().run('oldJob', [bytes]);
    const old = await read.catch((error: unknown) => error as Error);
    if (old instanceof Error) return this.#giveUp(id, path, old);
    const { job, request, manifest } = old;
    if (job.id !== id) throw new RangeError(`its job.json is that of ${job.id}`);
    await this.create(job, request, manifest);
    return job;
  }

  /** A job that an earlier release took and this one does not is kept as one that failed: small, and to be removed. */
  async #giveUp(id: string, path: string, error: Error): Promise<EvaluationSummary> {
    const job = failedJob(id, await readHead(path), (await stat(path)).mtime);
    if (job === undefined) throw error;
    this.#log.warn(`the evaluation ${id} of an earlier release is given up: ${error.message}`, { id });
    await this.create(job, Buffer.from('{}\n'));
    return job;
  }

  /** Nobody was told that a job without a `job.json` was accepted. */
  async #removeBeginning(id: string): Promise<undefined> {
    const names = await readdir(join(this.#folder, id));
    if (names.every((name) => beginnings.test(name))) await this.remove(id);
  }
}

async function readHead(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** In a folder that was copied from anywhere a link could have any file of the machine be sent as a report. */
async function requirePlain(folder: string): Promise<void> {
  if (!(await lstat(folder)).isDirectory()) throw new RangeError('it is a link, or no folder');
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (!entry.isFile()) throw new RangeError(`its ${entry.name} is a link, or no file`);
}
