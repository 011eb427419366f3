import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { CollectionInfo, Lease, Records } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { jsonOrUndefined } from '../../json/index.ts';
import type { Logger } from '../../log.ts';
import { type JobRecord, jobRecordSchema } from './job-record.ts';

/** A kind of jobs, as far as their records depend on it. */
export interface JobForm<O, N> {
  /** A word: `reindex`. */
  readonly name: string;
  readonly options: z.ZodType<O>;
  readonly numbers: z.ZodType<N>;
}

const largestRecord = 2 ** 20;

/** Servers that begin with a job before it is given up: one that ends each of them must not go on for ever. */
const maxBegun = 10;

/**
 * Checks that a job that another server left is still to be done.
 * @param createdAt when the collection was made that there is now
 * @throws SnapshelfError `collection-not-found`, `worker-died`.
 */
export function checkLeft(job: JobRecord<unknown, unknown>, createdAt: string): void {
  if (job.createdAt !== createdAt)
    throw new SnapshelfError(
      'collection-not-found',
      `The collection ${job.collection} was removed meanwhile.`,
    );
  if (job.begun > maxBegun)
    throw new SnapshelfError('worker-died', `${maxBegun} servers have begun with it, and none has ended it.`);
}

/** Makes the record of a job that begins. */
export const newJob = <O, N>(
  { name: collection, createdAt }: CollectionInfo,
  options: O,
  numbers: N | null,
): JobRecord<O, N> => ({
  formatVersion: 1,
  id: randomUUID(),
  collection,
  createdAt,
  startedAt: new Date().toISOString(),
  begun: 1,
  state: 'running',
  options,
  numbers,
});

/** The records of the jobs of one kind: of each collection its last job, and whether it is to be cancelled. */
export class JobBook<O, N> {
  readonly #form: JobForm<O, N>;
  readonly #records: Records;
  readonly #log: Logger;
  readonly #schema: z.ZodType<JobRecord<O, N>>;
  /** Versions of records of jobs that are over, by path. */
  readonly #over = new Map<string, string>();

  constructor(form: JobForm<O, N>, records: Records, log: Logger) {
    this.#form = form;
    this.#records = records;
    this.#log = log;
    this.#schema = jobRecordSchema(form.options, form.numbers) as unknown as z.ZodType<JobRecord<O, N>>;
  }

  /** Returns the last job of a collection; undefined if there is none that can be read. */
  async read(collection: string): Promise<JobRecord<O, N> | undefined> {
    const found = await this.#records.read(this.#path(collection), largestRecord);
    if (found === undefined) return undefined;
    const parsed = this.#schema.safeParse(jsonOrUndefined(found.content.toString('utf8')));
    if (parsed.success) return parsed.data;
    const { name: kind } = this.#form;
    this.#log.warn('the record of a job cannot be read', { kind, collection, error: String(parsed.error) });
    return undefined;
  }

  /** Writes a job. @throws SnapshelfError `lease-lost`, `engine-unavailable`. */
  async write(job: JobRecord<O, N>, lease: Lease): Promise<void> {
    await this.#records.write(this.#path(job.collection), `${JSON.stringify(job)}\n`, { lease });
  }

  /** Lists the collections with a job that is not over. */
  async unfinished(): Promise<string[]> {
    const found: string[] = [];
    const folder = `jobs/${this.#form.name}`;
    for (const { path, version } of await this.#records.list(folder)) {
      if (this.#over.get(path) === version) continue;
      const collection = path.slice(folder.length + 1, -'.json'.length);
      if ((await this.read(collection))?.state === 'running') found.push(collection);
      else this.#over.set(path, version);
    }
    return found;
  }

  /** Asks the server that works on a job to cancel it. */
  async askToCancel(collection: string): Promise<void> {
    await this.#records.write(this.#cancelPath(collection), '{}\n');
  }

  /** True if a job is to be cancelled. */
  async isToCancel(collection: string): Promise<boolean> {
    return (await this.#records.versionOf(this.#cancelPath(collection))) !== undefined;
  }

  /** Forgets that a job was to be cancelled. */
  async forgetCancel(collection: string): Promise<void> {
    await this.#records.remove(this.#cancelPath(collection));
  }

  /** Forgets the job of a collection. */
  async forget(collection: string): Promise<void> {
    await this.#records.remove(this.#path(collection));
    await this.forgetCancel(collection);
  }

  #path(collection: string): string {
    return `jobs/${this.#form.name}/${collection}.json`;
  }

  #cancelPath(collection: string): string {
    return `cancelled/${this.#form.name}/${collection}`;
  }
}

/** Returns the id of the message that tells the end of a job: the same, whichever server tells it. */
export const messageOf = (job: string): string => `msg_${job.replaceAll('-', '')}`;
