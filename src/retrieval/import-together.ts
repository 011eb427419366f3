import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import {
  type CollectionInfo,
  changeRecord,
  defaultLeaseMs,
  HeldLease,
  type Lease,
  type Records,
} from '../engine/index.ts';
import { type ErrorCode, SnapshelfError } from '../errors.ts';
import { jsonOrUndefined } from '../json/index.ts';
import { counted } from '../text.ts';
import { givenUp, ImportTotal, partReport } from './import-part.ts';
import type { ImportOptions, ImportReport, ImportSample } from './import-types.ts';

/** Samples of a part, which one process does at a time. */
const partSamples = 256;
/** Processes that begin with a part before its pictures are given up: one that ends each of them must not stop the rest. */
const maxBegun = 5;
/** Milliseconds between two looks for parts that others have left. */
const pauseMs = 500;
const largestRecord = 4 * 2 ** 20;
/** The folder of the records of all imports. */
const folder = 'imports';

const count = z.int().min(0);
const plan = z.strictObject({
  formatVersion: z.literal(1),
  /** The creation of the collection: a later one may have its name. */
  createdAt: z.string(),
  samples: count,
  digest: z.string(),
});

/** Options of an import that several processes do together. */
export interface TogetherOptions extends Pick<ImportOptions, 'onProgress' | 'signal'> {
  /** Its name: 1 to 64 of `a-z 0-9 _ -`. */
  readonly job: string;
  /** Milliseconds of silence after which another process takes a part. Default 20,000. */
  readonly leaseMs?: number | undefined;
}

/** The means of a part under way: what ends it, and the lease that each of its writes is made with. */
interface PartMeans {
  readonly signal: AbortSignal;
  readonly lease: Lease;
}

/** Imports samples: a part of them. */
export type ImportPart = (samples: readonly ImportSample[], means: PartMeans) => Promise<ImportReport>;

/** Removes what imports have kept of a collection that is gone: names of pictures are in it. A data folder has none. */
export async function forgetImports(records: Records, collection: string): Promise<void> {
  if (records.areShared) await records.remove(`${folder}/${collection}`);
}

/** Checks the name of a job. @throws RangeError. */
export function checkJob(job: string): void {
  if (/^[a-z0-9][a-z0-9_-]{0,63}$/.test(job)) return;
  throw new RangeError(`job must be 1 to 64 of a-z, 0-9, _ and -, not ${JSON.stringify(job.slice(0, 100))}.`);
}

/** An import that several processes do together, part by part. */
class SharedImport {
  readonly #records: Records;
  readonly #folder: string;
  readonly #samples: readonly ImportSample[];
  readonly #options: TogetherOptions;
  readonly #parts: number;

  constructor(
    records: Records,
    collection: string,
    samples: readonly ImportSample[],
    options: TogetherOptions,
  ) {
    this.#records = records;
    this.#folder = `${folder}/${collection}/${options.job}`;
    this.#samples = samples;
    this.#options = options;
    this.#parts = Math.ceil(samples.length / partSamples);
  }

  /** Keeps what is to be done, unless another has. @throws SnapshelfError `source-invalid` if that is something else. */
  async agree(createdAt: string): Promise<void> {
    const own = {
      formatVersion: 1,
      createdAt,
      samples: this.#samples.length,
      digest: digestOf(this.#samples),
    };
    const path = `${this.#folder}/plan.json`;
    const found = await this.#records.read(path, largestRecord);
    const kept = plan.safeParse(jsonOrUndefined(found?.content.toString('utf8') ?? '')).data;
    if (kept?.createdAt === createdAt && kept.digest !== own.digest)
      throw new SnapshelfError(
        'source-invalid',
        `The import ${this.#options.job} was begun with other pictures or fields (${counted(kept.samples, 'picture')}; here are ${own.samples}). Choose another name for this one.`,
      );
    if (kept?.createdAt === createdAt) return;
    // Of an earlier collection of that name.
    if (found !== undefined) await this.#records.remove(this.#folder);
    try {
      await this.#records.write(path, JSON.stringify(own), { expected: null });
    } catch (error) {
      // Another was first: what it wants is to be the same.
      if (!hasCode(error, 'record-changed')) throw error;
      await this.agree(createdAt);
    }
  }

  /** Does what is left until all of it is done, by whomever. */
  async run(importPart: ImportPart): Promise<void> {
    const { signal } = this.#options;
    // Not all begin with the same one.
    const first = Math.floor(Math.random() * this.#parts);
    for (;;) {
      const done = await this.#done();
      this.#tell(done);
      if (done.size === this.#parts) return;
      let worked = 0;
      for (let i = 0; i < this.#parts; i += 1) {
        signal?.throwIfAborted();
        const part = (first + i) % this.#parts;
        if (!done.has(part) && (await this.#take(part, importPart))) {
          worked += 1;
          done.add(part);
          this.#tell(done);
        }
      }
      if (worked === 0) await sleep(pauseMs, undefined, { signal });
    }
  }

  /** Adds what has come of all parts. */
  async report(): Promise<ImportReport> {
    const total = new ImportTotal();
    for (let part = 0; part < this.#parts; part += 1) {
      const found = await this.#records.read(this.#path(part), largestRecord);
      total.add(jsonOrUndefined(found?.content.toString('utf8') ?? ''));
    }
    return total.report();
  }

  #path(part: number): string {
    return `${this.#folder}/${part}.json`;
  }

  #slice(part: number): readonly ImportSample[] {
    return this.#samples.slice(part * partSamples, (part + 1) * partSamples);
  }

  async #done(): Promise<Set<number>> {
    const entries = await this.#records.list(this.#folder);
    return new Set(
      entries
        .flatMap(({ path }) => Number(/\/(\d+)\.json$/.exec(path)?.[1] ?? Number.NaN))
        .filter(Number.isInteger),
    );
  }

  #tell(done: ReadonlySet<number>): void {
    const samples = [...done].reduce((sum, part) => sum + this.#slice(part).length, 0);
    this.#options.onProgress?.({ done: samples });
  }

  /** Does a part, unless another does or has. Returns true if it is done. */
  async #take(part: number, importPart: ImportPart): Promise<boolean> {
    const { job, signal, leaseMs: ms = defaultLeaseMs } = this.#options;
    const held = await HeldLease.take(this.#records, `${this.#folder} ${part}`, { ms });
    if (held === undefined) return false;
    const { lease } = held;
    let begun = 0;
    try {
      if ((await this.#records.versionOf(this.#path(part))) !== undefined) return true;
      begun = await this.#countBegun(part, 1);
      const both = AbortSignal.any([held.signal, ...(signal ? [signal] : [])]);
      const samples = this.#slice(part);
      const made =
        begun > maxBegun
          ? givenUp(
              samples,
              `${maxBegun} processes of the import ${job} have ended amid this part. Index it by itself.`,
            )
          : partReport(await importPart(samples, { signal: both, lease }));
      await this.#records.write(this.#path(part), JSON.stringify(made), { lease });
      return true;
    } catch (error) {
      // It was not the part that ended this process: who is slow, is interrupted, or finds the engine away, may come again.
      if (begun > 0) await this.#countBegun(part, -1).catch(() => {});
      // Another has it by now.
      if (held.signal.aborted || hasCode(error, 'lease-lost')) return false;
      throw error;
    } finally {
      await held.release();
    }
  }

  /** Counts a process that begins with a part, or one that has come to an end of it. Returns how many have begun and not ended. */
  async #countBegun(part: number, more: 1 | -1): Promise<number> {
    const { answer } = await changeRecord(this.#records, `${this.#folder}/${part}.begun`, 100, (content) => {
      const begun = Number(content?.toString('utf8') ?? 0) + more;
      return { content: String(begun), answer: begun };
    });
    return answer;
  }
}

const hasCode = (error: unknown, code: ErrorCode): boolean =>
  error instanceof SnapshelfError && error.code === code;

/** Returns what two processes have to have alike: not the paths, which may differ between machines. */
function digestOf(samples: readonly ImportSample[]): string {
  const hash = createHash('sha256');
  for (const { id, label, productId, split, metadata } of samples)
    hash.update(`${JSON.stringify([id, label, productId, split, metadata])}\n`);
  return hash.digest('hex');
}

/**
 * Imports samples together with other processes that import the same ones under the same name; see `Retriever.importTogether`.
 * @throws SnapshelfError as `importPart`; `source-invalid` if the others import something else.
 * @throws unknown the signal's reason if it aborts.
 */
export async function importTogether(
  records: Records,
  { name, createdAt }: CollectionInfo,
  samples: readonly ImportSample[],
  importPart: ImportPart,
  options: TogetherOptions,
): Promise<ImportReport> {
  checkJob(options.job);
  const shared = new SharedImport(records, name, samples, options);
  await shared.agree(createdAt);
  await shared.run(importPart);
  return shared.report();
}
