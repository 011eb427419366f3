import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { z } from 'zod';
import { type CollectionInfo, MemoryRecords } from '../../../src/engine/index.ts';
import { SnapshelfError } from '../../../src/errors.ts';
import { silentLogger } from '../../../src/log.ts';
import type { JobKind, JobMeans } from '../../../src/server/jobs/job-kind.ts';
import { SharedJobs } from '../../../src/server/jobs/shared-jobs.ts';
import { SharedRecords } from '../../engine/support/shared-records.ts';

interface Options {
  readonly by: number;
}
interface Numbers {
  readonly done: number;
}

const info = (name: string, createdAt = 'then'): CollectionInfo =>
  ({ name, createdAt, items: 3 }) as Partial<CollectionInfo> as CollectionInfo;

/** A server whose jobs go on only when they are let. */
class Server {
  readonly begun: string[] = [];
  readonly told: string[] = [];
  readonly undone: string[] = [];
  readonly jobs: SharedJobs<Options, Numbers>;
  made = 'then';
  #let: (() => void) | undefined;
  #fail: ((error: Error) => void) | undefined;
  #onBegun: (() => void) | undefined;

  constructor(records: MemoryRecords) {
    const kind: JobKind<Options, Numbers> = {
      name: 'counting',
      options: z.strictObject({ by: z.number() }),
      numbers: z.strictObject({ done: z.number() }),
      work: (job, means) => this.#work(job.collection, job.numbers?.done ?? 0, means),
      undo: async (collection) => void this.undone.push(collection),
      tell: async ({ id, state }) => void this.told.push(`${id} ${state}`),
    };
    const createdAt = async (): Promise<string> => this.made;
    this.jobs = new SharedJobs(kind, { records, log: silentLogger, leaseMs: 200, createdAt });
  }

  /** Resolves when the next job begins. */
  begins(): Promise<void> {
    return new Promise((resolve) => {
      this.#onBegun = resolve;
    });
  }

  letGoOn(): void {
    this.#let?.();
  }

  fail(error: Error): void {
    this.#fail?.(error);
  }

  async #work(collection: string, done: number, { signal, onProgress }: JobMeans<Numbers>): Promise<void> {
    this.begun.push(`${collection} from ${done}`);
    const goOn = new Promise<void>((resolve, reject) => {
      this.#let = resolve;
      this.#fail = reject;
      signal.addEventListener('abort', () => reject(signal.reason));
    });
    onProgress({ done: done + 1 });
    this.#onBegun?.();
    await goOn;
    onProgress({ done: 3 });
  }
}

const records = new SharedRecords();
// The servers' own timers keep no process alive.
const alive = setInterval(() => {}, 60_000);
const a = new Server(records);
const b = new Server(records);
after(async () => {
  clearInterval(alive);
  await a.jobs.close();
  await b.jobs.close();
});

test('a job is kept, told once, and any server knows it; another is refused meanwhile', async () => {
  const begins = a.begins();
  const job = await a.jobs.start(info('one'), { by: 1 }, null);
  await begins;
  await assert.rejects(b.jobs.start(info('one'), { by: 1 }, null), { code: 'collection-busy' });
  assert.equal((await b.jobs.find(info('one')))?.state, 'running');
  assert.equal(await b.jobs.find(info('one', 'later')), undefined, 'another collection of the name has none');
  a.letGoOn();
  let found = await b.jobs.find(info('one'));
  while (found?.state === 'running') {
    await new Promise((resolve) => setImmediate(resolve));
    found = await b.jobs.find(info('one'));
  }
  assert.deepEqual([found?.state, found?.numbers, found?.id], ['done', { done: 3 }, job.id]);
  assert.deepEqual([a.told, b.told], [[`${job.id} done`], []]);
});

test('a server that ends hands its job over, which goes on where it was', async () => {
  const own = new Server(records);
  const begins = own.begins();
  const job = await own.jobs.start(info('two'), { by: 1 }, null);
  await begins;
  const taken = Promise.race([a.begins().then(() => a), b.begins().then(() => b)]);
  await own.jobs.close();
  const heir = await taken;
  assert.equal(heir.begun.at(-1), 'two from 1');
  heir.letGoOn();
  await heir.jobs.cancel(info('two'));
  const found = await own.jobs.find(info('two'));
  assert.ok(found?.id === job.id && ['done', 'cancelled'].includes(found.state), JSON.stringify(found));
  assert.equal(found.begun, 2);
});

test('a job that the engine was away for is gone on with when it is there again, where others could; else it fails', async () => {
  const own = new Server(records);
  const begins = own.begins();
  const job = await own.jobs.start(info('away'), { by: 1 }, null);
  await begins;
  const servers = [own, a, b];
  const again = Promise.race(servers.map((one) => one.begins().then(() => one)));
  own.fail(new SnapshelfError('engine-unavailable', 'It is away.'));
  const heir = await again;
  assert.equal((await own.jobs.find(info('away')))?.state, 'running');
  assert.ok(!servers.some(({ told }) => told.some((line) => line.startsWith(job.id))));
  await heir.jobs.cancel(info('away'));
  await own.jobs.close();

  const alone = new Server(new MemoryRecords());
  const begun = alone.begins();
  await alone.jobs.start(info('away'), { by: 1 }, null);
  await begun;
  alone.fail(new SnapshelfError('engine-unavailable', 'It is away.'));
  let found = await alone.jobs.find(info('away'));
  while (found?.state === 'running') {
    await new Promise((resolve) => setImmediate(resolve));
    found = await alone.jobs.find(info('away'));
  }
  assert.equal(found?.error?.code, 'engine-unavailable');
  await alone.jobs.close();
});

test('any server cancels a job, and what it has left is undone by the one that had it', async () => {
  const begins = a.begins();
  await a.jobs.start(info('three'), { by: 1 }, null);
  await begins;
  assert.equal((await b.jobs.cancel(info('three')))?.state, 'cancelled');
  assert.deepEqual([a.undone.at(-1), b.undone.includes('three')], ['three', false]);
  assert.equal((await b.jobs.cancel(info('three')))?.state, 'cancelled', 'it is over');
  await b.jobs.forget('three');
  assert.equal(await a.jobs.find(info('three')), undefined);
});

test('the job of a collection that is gone is not done on a later one of its name', async () => {
  const own = new Server(records);
  const begins = own.begins();
  await own.jobs.start(info('four'), { by: 1 }, null);
  await begins;
  for (const server of [a, b]) server.made = 'later';
  await own.jobs.close();
  let found = await a.jobs.find(info('four'));
  while (found?.state === 'running') {
    await new Promise((resolve) => setImmediate(resolve));
    found = await a.jobs.find(info('four'));
  }
  assert.deepEqual([found?.state, found?.error?.code], ['failed', 'collection-not-found']);
  assert.ok(![...a.begun, ...b.begun].some((one) => one.startsWith('four')));
});
