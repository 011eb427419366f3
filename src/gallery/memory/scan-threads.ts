import type { Logger } from '../../log.ts';
import { mainModule } from '../../main-module.ts';
import { type Sliced, WorkerThread } from '../../threads/index.ts';
import { metricBounds } from './points.ts';
import type { ScanBlock, ScanJob, ScannedBlocks, ScanOperations } from './scan-operations.ts';
import { type Candidate, Shortlist } from './shortlist.ts';
import { rowsPerWord, strideOf, type VectorChunk } from './vector-chunk.ts';

/** Codes from which it is worth to ask other threads. */
const fewCodes = 2 ** 22;
/** Bytes of codes of a block, which stay in the cache of a core. */
const blockBytes = 2 ** 19;
/** Scans of one pass, and passes that are under way: the next one waits in the threads when one is done. */
const jobsPerGroup = 64;
const groupsAtOnce = 2;

interface Waiting {
  readonly job: ScanJob;
  readonly chunks: readonly VectorChunk[];
  readonly resolve: (candidates: Candidate[] | undefined) => void;
  isCancelled: boolean;
  group?: Group;
}

interface Group {
  readonly jobs: readonly Waiting[];
  readonly blocks: number;
  readonly next: Int32Array;
}

type ScanThread = WorkerThread<ScanOperations>;

const script = mainModule(import.meta.url, './scan-worker');

/**
 * Threads that scan the codes of collections, which they share: scans that are asked for at about the same time are done in one pass over
 * memory, and each pass by all threads. They start with the first large scan.
 */
export class ScanThreads {
  readonly #count: number;
  readonly #log: Logger;
  readonly #ids = new WeakMap<VectorChunk, number>();
  readonly #gone = new FinalizationRegistry<number>((id) => this.#tell('forget', [id]));
  #threads: readonly ScanThread[] = [];
  #hasBegun = false;
  #lastId = 0;
  #waiting: Waiting[] = [];
  #isDue = false;
  #groups = 0;

  /** @param count number of threads, 0 for none */
  constructor(count: number, log: Logger) {
    this.#count = count;
    this.#log = log;
  }

  /** True if a scan of that many codes is to be done by `scan`. Starts the threads when that is first the case. */
  isFor(codes: number): boolean {
    if (codes < fewCodes || this.#count === 0) return false;
    if (!this.#hasBegun) void this.#begin();
    return this.#threads.length > 0;
  }

  /** Finds the candidates of a scan of chunks; undefined if the threads have died. */
  *scan(job: ScanJob, chunks: readonly VectorChunk[]): Sliced<Candidate[] | undefined> {
    let found: Candidate[] | undefined;
    let resolve: Waiting['resolve'] = () => {};
    const promise = new Promise<Candidate[] | undefined>((done) => {
      resolve = done;
    });
    const waiting: Waiting = { job, chunks, resolve, isCancelled: false };
    this.#waiting.push(waiting);
    this.#dispatchSoon();
    let isDone = false;
    try {
      yield promise.then((candidates) => {
        found = candidates;
      });
      isDone = true;
      return found;
    } finally {
      if (!isDone) this.#cancel(waiting);
    }
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    const threads = this.#threads;
    this.#threads = [];
    await Promise.allSettled(threads.map((thread) => thread.close()));
  }

  async #begin(): Promise<void> {
    this.#hasBegun = true;
    const starts = Array.from({ length: this.#count }, async (_, i) => {
      const options = { ended: 'A thread that scans has ended', closed: 'The gallery was closed.' };
      const { thread } = await WorkerThread.start<ScanOperations>(script, {
        ...options,
        name: 'scan',
        data: i + 1,
      });
      return thread;
    });
    try {
      this.#threads = await Promise.all(starts);
    } catch (error) {
      this.#giveUp(error);
    }
  }

  #giveUp(error: unknown): void {
    if (this.#threads.length > 0 || this.#hasBegun)
      this.#log.warn('exact searches go on without threads of their own', { error: String(error) });
    void this.close();
  }

  #cancel(waiting: Waiting): void {
    waiting.isCancelled = true;
    this.#waiting = this.#waiting.filter((one) => one !== waiting);
    const { group } = waiting;
    if (group?.jobs.every(({ isCancelled }) => isCancelled)) Atomics.store(group.next, 0, group.blocks);
  }

  #dispatchSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    // The messages that came with this one may ask for more.
    setImmediate(() => {
      this.#isDue = false;
      this.#dispatch();
    });
  }

  #dispatch(): void {
    while (this.#waiting.length > 0 && this.#groups < groupsAtOnce) {
      const [first] = this.#waiting as [Waiting];
      const isAlike = ({ chunks }: Waiting): boolean => chunks[0] === first.chunks[0];
      const jobs = this.#waiting.filter(isAlike).slice(0, jobsPerGroup);
      this.#waiting = this.#waiting.filter((one) => !jobs.includes(one));
      void this.#run(jobs);
    }
  }

  async #run(jobs: readonly Waiting[]): Promise<void> {
    this.#groups += 1;
    const longest = jobs.reduce((a, b) => (b.job.words.length > a.job.words.length ? b : a));
    const blocks = this.#blocksOf(longest);
    const next = new Int32Array(new SharedArrayBuffer(4));
    const group: Group = { jobs, blocks: blocks.length, next };
    for (const waiting of jobs) waiting.group = group;
    const scanned = await this.#scanned({ jobs: jobs.map(({ job }) => job), blocks, next });
    this.#groups -= 1;
    for (const [i, { job, resolve }] of jobs.entries()) resolve(scanned && merged(job, scanned, i));
    this.#dispatch();
  }

  /** Has all threads scan, until all blocks are accounted for: a thread that comes late has none. */
  #scanned(group: Parameters<ScanOperations['scan']>[0]): Promise<ScannedBlocks[] | undefined> {
    return new Promise((resolve) => {
      const parts: ScannedBlocks[] = [];
      let left = this.#threads.length;
      let blocks = 0;
      if (left === 0) resolve(undefined);
      const take = (part: ScannedBlocks): void => {
        parts.push(part);
        blocks += part.blocks;
        left -= 1;
        // With all scans cancelled some blocks were left out.
        if (blocks === group.blocks.length || left === 0) resolve(parts);
      };
      for (const thread of this.#threads)
        thread.call('scan', [group]).then(take, (error: unknown) => {
          this.#giveUp(error);
          resolve(undefined);
        });
    });
  }

  /** The words of the chunks, block by block; the threads learn of chunks that they do not know. */
  #blocksOf({ job, chunks }: Waiting): ScanBlock[] {
    const blocks: ScanBlock[] = [];
    for (const chunk of chunks) {
      const id = this.#idOf(chunk);
      const step = Math.max(1, Math.floor(blockBytes / (rowsPerWord * strideOf(chunk.layout))));
      const end = Math.min(job.words.length, (chunk.start + chunk.capacity) / rowsPerWord);
      for (let from = chunk.start / rowsPerWord; from < end; from += step)
        blocks.push({ chunk: id, from, to: Math.min(end, from + step) });
    }
    return blocks;
  }

  #idOf(chunk: VectorChunk): number {
    const known = this.#ids.get(chunk);
    if (known !== undefined) return known;
    this.#lastId += 1;
    const id = this.#lastId;
    this.#ids.set(chunk, id);
    this.#gone.register(chunk, id);
    const { memory, start, capacity, layout } = chunk;
    this.#tell('share', [{ id, memory, start, capacity, layout }]);
    return id;
  }

  #tell<K extends 'share' | 'forget'>(operation: K, given: Parameters<ScanOperations[K]>): void {
    for (const thread of this.#threads)
      thread.call(operation, given as never).catch((error: unknown) => this.#giveUp(error));
  }
}

/** The candidates of one job among those of all threads. */
function merged(
  { n, metric, dimension, from }: ScanJob,
  parts: readonly ScannedBlocks[],
  job: number,
): Candidate[] {
  const list = new Shortlist(n, metricBounds(metric, dimension), from);
  for (const { lists } of parts) {
    const { rows = [], leasts = [], mosts = [] } = lists[job] ?? {};
    for (let i = 0; i < rows.length; i++)
      list.offer(rows[i] as number, leasts[i] as number, mosts[i] as number);
  }
  return list.sorted();
}
