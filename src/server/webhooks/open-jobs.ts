import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeAtomically } from '../../files/index.ts';
import { withChecksum, withoutChecksum } from '../../json/index.ts';
import type { Logger } from '../../log.ts';

const message = z.string().regex(/^msg_[0-9a-f]{32}$/);
const collection = z.string().max(64);

/** The schema of a job whose end will be told. */
const openJob = z.discriminatedUnion('type', [
  z.strictObject({ message, type: z.literal('reindex.finished'), collection, model: z.string() }),
  z.strictObject({
    message,
    type: z.literal('duplicates.finished'),
    collection,
    startedAt: z.iso.datetime(),
  }),
  z.strictObject({ message, type: z.literal('evaluation.finished'), collection, evaluation: z.uuid() }),
]);

/** A job whose end will be told, under the id of its message. */
export type OpenJob = z.output<typeof openJob>;

/** Makes the id of a message. */
export const newMessage = (): string => `msg_${randomBytes(16).toString('hex')}`;

/** The jobs whose end is still to be told, a file each: the next process finds those that this one did not live to tell. */
export class OpenJobs {
  readonly #folder: string;
  readonly #log: Logger;

  constructor(folder: string, log: Logger) {
    this.#folder = folder;
    this.#log = log;
  }

  /** Notes a job, durably. @throws SnapshelfError `disk-full`, `not-writable`. */
  async add(job: OpenJob): Promise<void> {
    await writeAtomically(this.#path(job.message), `${JSON.stringify(withChecksum(job))}\n`);
  }

  /** Forgets a job whose end was told. */
  async remove({ message: id }: Pick<OpenJob, 'message'>): Promise<void> {
    await rm(this.#path(id), { force: true });
  }

  /** Reads the jobs that an earlier process left. */
  async list(): Promise<OpenJob[]> {
    const found: OpenJob[] = [];
    for (const name of await readdir(this.#folder).catch(() => [])) {
      if (!/^msg_[0-9a-f]{32}\.json$/.test(name)) continue;
      try {
        const text = await readFile(join(this.#folder, name), 'utf8');
        found.push(openJob.parse(withoutChecksum(JSON.parse(text))));
      } catch (error) {
        this.#log.warn('a job whose end is to be told cannot be read and is left out', { name, error });
      }
    }
    return found;
  }

  #path(id: string): string {
    return join(this.#folder, `${id}.json`);
  }
}
