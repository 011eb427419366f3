import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Records } from '../../engine/index.ts';
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

/** The folder of the records. */
const folder = 'webhooks';
const largest = 2 ** 20;

/** The jobs whose end is still to be told, a record each: the next process finds those that this one did not live to tell. */
export class OpenJobs {
  readonly #records: Records;
  readonly #log: Logger;

  constructor(records: Records, log: Logger) {
    this.#records = records;
    this.#log = log;
  }

  /** Notes a job, durably. @throws SnapshelfError `disk-full`, `not-writable`. */
  async add(job: OpenJob): Promise<void> {
    await this.#records.write(pathOf(job.message), `${JSON.stringify(withChecksum(job))}\n`);
  }

  /** Forgets a job whose end was told. */
  async remove({ message: id }: Pick<OpenJob, 'message'>): Promise<void> {
    await this.#records.remove(pathOf(id));
  }

  /** Reads the jobs that an earlier process left. */
  async list(): Promise<OpenJob[]> {
    const found: OpenJob[] = [];
    for (const { path } of await this.#records.list(folder)) {
      if (!/^webhooks\/msg_[0-9a-f]{32}\.json$/.test(path)) continue;
      try {
        const kept = await this.#records.read(path, largest);
        if (kept === undefined) continue;
        found.push(openJob.parse(withoutChecksum(JSON.parse(kept.content.toString('utf8')))));
      } catch (error) {
        this.#log.warn('a job whose end is to be told cannot be read and is left out', { path, error });
      }
    }
    return found;
  }
}

const pathOf = (id: string): string => `${folder}/${id}.json`;
