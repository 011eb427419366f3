import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LineProcess, startLineProcess } from '../support/line-process.ts';
import { percentile } from '../support/open-loop.ts';
import type { EngineResult, Times } from './results.ts';
import type { VectorSet } from './vectors.ts';

/** Answers that are asked for. */
export const k = 10;

const here = dirname(fileURLToPath(import.meta.url));

/** How a search of all queries went, in an engine. */
export interface Searched {
  readonly ms: readonly number[];
  readonly found: readonly (readonly number[])[];
  readonly filterMs?: readonly number[];
  readonly kinds?: Readonly<Record<string, number>>;
  readonly total?: number;
}

/** Returns the mean share of the exact answers that were found. */
export function recallOf(found: Searched, exact: Searched): number {
  const shares = exact.found.map((rows, i) => {
    const answered = new Set(found.found[i]);
    return rows.length === 0 ? 1 : rows.filter((row) => answered.has(row)).length / rows.length;
  });
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

/** Returns the median and the 99th percentile. */
export const timesOf = (ms: readonly number[]): Times => ({
  p50: percentile(ms, 0.5),
  p99: percentile(ms, 0.99),
});

/** Returns the point of a curve of recall against speed. */
export function pointOf(ef: number, found: Searched, exact: Searched): EngineResult['curve'][number] {
  const seconds = found.ms.reduce((sum, ms) => sum + ms, 0) / 1000;
  return { ...timesOf(found.ms), ef, recall: recallOf(found, exact), perSecond: found.ms.length / seconds };
}

/** This project's collection, in a process of its own. */
export class Collection {
  readonly #process: LineProcess;

  private constructor(process: LineProcess) {
    this.#process = process;
  }

  /** Opens a data folder; with `oneCore`, in a process that is held to one core (Linux). */
  static async open(
    data: string,
    { path, rows, queries, dimension, clusters }: VectorSet,
    modelId: string,
    oneCore = false,
  ): Promise<Collection> {
    const script = join(here, `collection-process${extname(import.meta.url)}`);
    const args = [script, data, path, rows, queries, dimension, clusters, modelId].map(String);
    const [command, ...words] = [...(oneCore ? ['taskset', '-c', '0'] : []), process.execPath, ...args];
    return new Collection(await startLineProcess(command as string, words));
  }

  /** Gives a task of collection-process.ts and returns its answer. */
  async ask<T>(what: string, fields: object = {}): Promise<T> {
    return JSON.parse(await this.#process.ask(JSON.stringify({ do: what, ...fields }))) as T;
  }

  /** Searches for all queries. */
  async search(options: object): Promise<Searched> {
    const [page] = await this.pages(1, options);
    if (page === undefined) throw new Error('the collection has not answered');
    return page;
  }

  /** Searches for all queries; an answer for each page. */
  pages(pages: number, options: object): Promise<Searched[]> {
    return this.ask('search', { k, pages, ...options });
  }

  /** Resident memory, bytes. */
  async memory(): Promise<number> {
    return (await this.ask<{ bytes: number }>('memory')).bytes;
  }

  async close(): Promise<void> {
    await this.ask('close');
    this.#process.end();
  }
}
