import { ProcessLeases } from './process-leases.ts';
import { checkRecordPath, leaseLost, recordChanged } from './record-errors.ts';
import type { RecordConditions, RecordEntry, RecordLog, Records, StoredRecord } from './records.ts';

interface Held extends StoredRecord {
  readonly at: number;
}

/** Records that end with their process: those of jobs that nobody else could go on with. */
export class MemoryRecords extends ProcessLeases implements Records {
  readonly areShared: boolean = false;
  readonly #records = new Map<string, Held>();
  #version = 0;

  placeOf(path: string): string {
    return `the record ${path}`;
  }

  async versionOf(path: string): Promise<string | undefined> {
    return this.#records.get(path)?.version;
  }

  async read(path: string, maxBytes: number): Promise<StoredRecord | undefined> {
    const found = this.#records.get(path);
    if (found !== undefined && found.content.length > maxBytes)
      throw new RangeError(`It has ${found.content.length} bytes; at most ${maxBytes} are read.`);
    return found;
  }

  async list(folder: string, name?: string): Promise<RecordEntry[]> {
    return [...this.#records]
      .filter(([path]) => path.startsWith(`${folder}/`) && (name === undefined || path.endsWith(`/${name}`)))
      .map(([path, { content, at, version }]) => ({ path, bytes: content.length, at, version }))
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  async write(
    path: string,
    content: string | Uint8Array,
    { expected, lease }: RecordConditions = {},
  ): Promise<string> {
    checkRecordPath(path);
    if (lease !== undefined && !this.isHeld(lease)) throw leaseLost(lease.name);
    if (expected !== undefined && (this.#records.get(path)?.version ?? null) !== expected)
      throw recordChanged(this.placeOf(path));
    this.#version += 1;
    const version = String(this.#version);
    this.#records.set(path, { content: Buffer.from(content), at: Date.now(), version });
    return version;
  }

  async remove(path: string): Promise<void> {
    for (const one of this.#records.keys())
      if (one === path || one.startsWith(`${path}/`)) this.#records.delete(one);
  }

  openLog(): RecordLog {
    const kept: string[] = [];
    return {
      append: async (lines) => void kept.push(...lines),
      async *lines() {
        yield* kept;
      },
      close: async () => {},
    };
  }
}
