import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isEngineAway, type Lease, type Records } from '../../engine/index.ts';
import { writeAtomically } from '../../files/index.ts';
import type { Logger } from '../../log.ts';
import { toSnapshelfError } from '../http/problem.ts';
import { type EvaluationSummary, isOver } from './evaluation-job.ts';
import { parseJob, printJob } from './job-file.ts';

/** The files of an evaluation besides its state. */
export type EvaluationFile = 'request.json' | 'manifest.json' | 'report.json';

const jobBytes = 64 * 1024;
/** Bytes of the largest file that servers share. */
const largestFile = 256 * 2 ** 20;

/** The changes since the last look. */
export interface MirrorChanges {
  readonly jobs: readonly EvaluationSummary[];
  readonly gone: readonly string[];
}

/** The evaluations of the servers of an engine, which keeps them; the files of the data folder are copies that a server works on. */
export class EvaluationMirror {
  readonly records: Records;
  readonly #folder: string;
  readonly #log: Logger;
  /** The versions of the states that are known here, by id. */
  readonly #versions = new Map<string, string>();

  /** @param folder that of the copies */
  constructor(records: Records, folder: string, log: Logger) {
    this.records = records;
    this.#folder = folder;
    this.#log = log;
  }

  /** Returns what other servers have changed since the last call: the states, the oldest first, and the ids of those that are gone. */
  async changes(): Promise<MirrorChanges> {
    // Before the list: what is kept meanwhile is not gone.
    const known = [...this.#versions.keys()];
    const entries = await this.records.list('evaluations', 'job.json');
    const there = new Map(entries.map(({ path, version }) => [path.split('/')[1] ?? '', version]));
    const gone = known.filter((id) => !there.has(id));
    const news = [...there].filter(([id, version]) => this.#versions.get(id) !== version);
    const jobs: EvaluationSummary[] = [];
    for (const [id] of news) {
      const job = await this.job(id);
      if (job !== undefined) jobs.push(job);
    }
    // Not before all are read: an engine that goes away in between must not leave some unread for ever.
    for (const id of gone) this.#versions.delete(id);
    for (const [id, version] of news) this.#versions.set(id, version);
    return { jobs: jobs.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1)), gone };
  }

  /** Returns the state of an evaluation; undefined if it is gone. One that cannot be read is named in the log. */
  async job(id: string): Promise<EvaluationSummary | undefined> {
    try {
      const found = await this.records.read(pathOf(id, 'job.json'), jobBytes);
      return found && parseJob(found.content);
    } catch (error) {
      if (isEngineAway(error)) throw error;
      this.#log.warn(`the evaluation ${id} is left out: ${toSnapshelfError(error).message}`, { id });
      return undefined;
    }
  }

  /** Keeps the state of an evaluation. The manifest of one that is over is removed: nobody needs it. */
  async save(job: EvaluationSummary, lease?: Lease): Promise<void> {
    if (job.state === 'done') await this.give(job.id, 'report.json');
    const version = await this.records.write(pathOf(job.id, 'job.json'), printJob(job), { lease });
    this.#versions.set(job.id, version);
    if (isOver(job)) await this.records.remove(pathOf(job.id, 'manifest.json'));
  }

  /** Gives the other servers a file that this one has. */
  async give(id: string, name: EvaluationFile): Promise<void> {
    const path = join(this.#folder, id, name);
    if (existsSync(path)) await this.records.write(pathOf(id, name), await readFile(path));
  }

  /** Takes a file that another server has given, unless it is here. */
  async take(id: string, name: EvaluationFile): Promise<void> {
    const path = join(this.#folder, id, name);
    if (existsSync(path)) return;
    const found = await this.records.read(pathOf(id, name), largestFile);
    if (found !== undefined) await writeAtomically(path, found.content);
  }

  /** Removes an evaluation everywhere. */
  async remove(id: string): Promise<void> {
    this.#versions.delete(id);
    await this.records.remove(`evaluations/${id}`);
  }

  /** Removes the copies of an evaluation that is gone. */
  async forget(id: string): Promise<void> {
    await rm(join(this.#folder, id), { recursive: true, force: true });
  }
}

const pathOf = (id: string, name: EvaluationFile | 'job.json'): string => `evaluations/${id}/${name}`;
