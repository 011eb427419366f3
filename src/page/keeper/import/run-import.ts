import { signal } from '@preact/signals';
import type { ImportItem, ImportProgress } from 'snapshelf/client';
import { asking, connect } from '../../api/client.ts';
import { readCollections } from '../../collections.ts';
import { messageOf } from '../../parts/format.ts';
import type { Entry, LeftOut, Plan } from './entry.ts';

/** An import, under way or over. */
export interface ImportState
  extends Pick<ImportProgress, 'done' | 'added' | 'replaced' | 'unchanged' | 'notes'> {
  readonly collection: string;
  readonly phase: 'running' | 'paused' | 'done' | 'stopped' | 'failed';
  readonly total: number;
  readonly leftOut: readonly LeftOut[];
  /** Milliseconds of work, without pauses. */
  readonly ms: number;
  /** The reason for which it waits or failed. */
  readonly note: string;
}

/** The import of this visit; undefined before the first. It goes on while other pages are looked at. */
export const importState = signal<ImportState | undefined>(undefined);

function update(change: Partial<ImportState>): void {
  if (importState.value !== undefined) importState.value = { ...importState.value, ...change };
}

/** A batch may wait for minutes behind others; a server that is busy or away is asked again, for some minutes too. */
const client = connect({
  retries: 8,
  timeoutMs: 300_000,
  onRetry: (error) => update({ note: messageOf(error) }),
});

const phaseOf = (): ImportState['phase'] | undefined => importState.value?.phase;

/** Waits while the import is paused. Returns false if it is over. */
async function mayGoOn(): Promise<boolean> {
  while (phaseOf() === 'paused')
    await new Promise<void>((resolve) => {
      const end = importState.subscribe((state) => {
        if (state?.phase !== 'paused') {
          queueMicrotask(() => end());
          resolve();
        }
      });
    });
  return phaseOf() === 'running';
}

const nothing: ImportProgress = {
  done: 0,
  bytes: 0,
  added: 0,
  replaced: 0,
  unchanged: 0,
  failed: [],
  notes: [],
};

/** Runs a part of an import: all of it, or what was left when it failed. */
class Run {
  readonly #before: ImportState;
  readonly #entries: readonly Entry[];
  /** The entries that were sent, or are about to be, in the order in which their results come. */
  readonly #sent: Entry[] = [];
  readonly #unread: LeftOut[] = [];
  #next = 0;
  #progress: ImportProgress = nothing;
  #tick = performance.now();

  constructor(before: ImportState, entries: readonly Entry[]) {
    this.#before = before;
    this.#entries = entries;
  }

  /** The entries that are neither stored nor left out yet. */
  get rest(): readonly Entry[] {
    return [...this.#sent.slice(this.#progress.done), ...this.#entries.slice(this.#next)];
  }

  async *items(): AsyncGenerator<ImportItem, void> {
    for (const entry of this.#entries) {
      this.#spend();
      if (!(await mayGoOn())) return;
      this.#tick = performance.now();
      this.#next += 1;
      const { read, ...fields } = entry;
      try {
        const image = await read();
        this.#sent.push(entry);
        yield { ...(fields as Omit<ImportItem, 'image'>), image };
      } catch (error) {
        this.#unread.push({ id: entry.id, reason: messageOf(error) });
      }
    }
  }

  /** Adds the time since the last look to that of the work. */
  #spend(): void {
    const now = performance.now();
    update({ ms: (importState.value?.ms ?? 0) + now - this.#tick });
    this.#tick = now;
  }

  /** Takes what is done into the state. */
  tell(progress = this.#progress): void {
    this.#progress = progress;
    const { done, added, replaced, unchanged, failed, notes } = progress;
    const before = this.#before;
    this.#spend();
    const refused = failed.map(({ id, message }) => ({ id, reason: message }));
    update({
      done: before.done + done + this.#unread.length,
      added: before.added + added,
      replaced: before.replaced + replaced,
      unchanged: before.unchanged + unchanged,
      leftOut: [...before.leftOut, ...this.#unread, ...refused],
      notes: [...new Set([...before.notes, ...notes])],
      note: '',
    });
  }
}

/** The entries that a failed import has left. */
let left: readonly Entry[] = [];
let stop = new AbortController();

async function run(entries: readonly Entry[]): Promise<void> {
  const before = importState.value;
  if (before === undefined) return;
  const part = new Run(before, entries);
  const onProgress = (progress: ImportProgress): void => part.tell(progress);
  stop = new AbortController();
  try {
    const options = { onProgress, signal: stop.signal };
    part.tell(await asking(client.importItems(before.collection, part.items(), options)));
    if (phaseOf() !== 'stopped') update({ phase: 'done' });
  } catch (error) {
    part.tell();
    left = part.rest;
    if (phaseOf() !== 'stopped') update({ phase: 'failed', note: messageOf(error) });
  }
  await readCollections();
}

/** Imports what a plan has, batch by batch, into a collection. */
export function runImport(collection: string, { entries, leftOut }: Plan): Promise<void> {
  const counts = { done: 0, added: 0, replaced: 0, unchanged: 0, ms: 0 };
  const texts = { notes: [], note: '' };
  importState.value = { collection, phase: 'running', total: entries.length, ...counts, leftOut, ...texts };
  return run(entries);
}

/** Goes on with an import that has failed: with what is neither stored nor left out. */
export function resumeImport(): Promise<void> {
  update({ phase: 'running', note: '' });
  return run(left);
}

/** Pauses after the batch under way, goes on, or stops for good: at once if the server is away. */
export function steerImport(phase: 'running' | 'paused' | 'stopped'): void {
  update({ phase });
  if (phase === 'stopped' && importState.value?.note !== '') stop.abort();
}

addEventListener('beforeunload', (event) => {
  if (phaseOf() === 'running' || phaseOf() === 'paused') event.preventDefault();
});
