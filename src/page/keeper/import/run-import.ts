import { signal } from '@preact/signals';
import type { Problem } from '../../api/api-types.ts';
import { collectionPath } from '../../api/calls.ts';
import { ApiError, ask } from '../../api/request.ts';
import { readCollections } from '../../collections.ts';
import { english } from '../../english.ts';
import type { Entry, LeftOut, Plan } from './entry.ts';

/** An import, under way or over. */
export interface ImportState {
  readonly collection: string;
  readonly phase: 'running' | 'paused' | 'done' | 'stopped' | 'failed';
  readonly total: number;
  readonly done: number;
  readonly added: number;
  readonly replaced: number;
  readonly unchanged: number;
  readonly leftOut: readonly LeftOut[];
  /** Milliseconds of work, without pauses. */
  readonly ms: number;
  /** The reason for which it waits or failed. */
  readonly note?: string;
}

/** The import of this visit; undefined before the first. It goes on while other pages are looked at. */
export const importState = signal<ImportState | undefined>(undefined);

const batchPictures = 16;
const batchBytes = 12 * 2 ** 20;
/** Most times that a batch is sent again to a server that is busy or away. */
const mostTries = 8;

interface Loaded {
  readonly entry: Entry;
  readonly blob: Blob;
}

interface BatchAnswer {
  readonly results: readonly { readonly id: string; readonly change?: string; readonly error?: Problem }[];
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function update(change: Partial<ImportState>): void {
  if (importState.value !== undefined) importState.value = { ...importState.value, ...change };
}

function leaveOut(ids: readonly string[], reason: string): void {
  const { done = 0, leftOut = [] } = importState.value ?? {};
  update({ done: done + ids.length, leftOut: [...leftOut, ...ids.map((id) => ({ id, reason }))] });
}

function formOf(batch: readonly Loaded[]): FormData {
  const form = new FormData();
  form.set(
    'items',
    JSON.stringify(batch.map(({ entry: { read: _, ...fields } }, at) => ({ ...fields, file: String(at) }))),
  );
  for (const [at, { blob }] of batch.entries()) form.append('images', blob, String(at));
  return form;
}

function count({ results }: BatchAnswer): void {
  const { done = 0, added = 0, replaced = 0, unchanged = 0, leftOut = [] } = importState.value ?? {};
  const changes = (wanted: readonly string[]): number =>
    results.filter(({ change }) => change !== undefined && wanted.includes(change)).length;
  const failed = results.flatMap(({ id, error }) =>
    error === undefined ? [] : [{ id, reason: error.detail }],
  );
  update({
    done: done + results.length,
    added: added + changes(['added']),
    replaced: replaced + changes(['replaced', 'updated']),
    unchanged: unchanged + changes(['unchanged']),
    leftOut: [...leftOut, ...failed],
  });
}

/** Sends a batch, again and again while the server is busy or away. A batch that is refused is sent in halves, to find the culprit. */
async function sendBatch(collection: string, batch: readonly Loaded[]): Promise<void> {
  const path = `${collectionPath(collection)}/items/batch`;
  for (let tries = 1; ; tries += 1) {
    try {
      count(await ask<BatchAnswer>(path, { method: 'POST', form: formOf(batch) }));
      update({ note: '' });
      return;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if ([400, 413].includes(error.status)) return refuse(collection, batch, error);
      const mayRetry = error.code === 'offline' || [429, 503].includes(error.status);
      if (!mayRetry || tries >= mostTries) throw error;
      update({ note: error.message });
      await sleep(Math.min(30, Math.max(error.retryAfter, tries)) * 1000);
    }
  }
}

async function refuse(collection: string, batch: readonly Loaded[], { message }: ApiError): Promise<void> {
  const [first] = batch;
  if (batch.length === 1 && first !== undefined) return leaveOut([first.entry.id], message);
  const middle = Math.ceil(batch.length / 2);
  await sendBatch(collection, batch.slice(0, middle));
  await sendBatch(collection, batch.slice(middle));
}

/** Reads the next pictures, as many as fit into a batch. */
async function nextBatch(
  entries: readonly Entry[],
  from: number,
): Promise<readonly [readonly Loaded[], number]> {
  const batch: Loaded[] = [];
  let bytes = 0;
  let at = from;
  for (; at < entries.length && batch.length < batchPictures && bytes < batchBytes; at += 1) {
    const entry = entries[at];
    if (entry === undefined) break;
    try {
      const blob = await entry.read();
      bytes += blob.size;
      batch.push({ entry, blob });
    } catch (error) {
      leaveOut([entry.id], error instanceof Error ? error.message : String(error));
    }
  }
  return [batch, at];
}

const phaseOf = (): ImportState['phase'] | undefined => importState.value?.phase;

async function untilResumed(): Promise<void> {
  while (phaseOf() === 'paused')
    await new Promise<void>((resolve) => {
      const end = importState.subscribe((state) => {
        if (state?.phase !== 'paused') {
          queueMicrotask(() => end());
          resolve();
        }
      });
    });
}

/** Imports what a plan has, batch by batch, into a collection. */
export async function runImport(collection: string, { entries, leftOut }: Plan): Promise<void> {
  const counts = { done: 0, added: 0, replaced: 0, unchanged: 0, ms: 0 };
  importState.value = { collection, phase: 'running', total: entries.length, ...counts, leftOut };
  try {
    for (let at = 0; at < entries.length && phaseOf() !== 'stopped'; ) {
      await untilResumed();
      const started = performance.now();
      const [batch, next] = await nextBatch(entries, at);
      if (batch.length > 0 && phaseOf() !== 'stopped') await sendBatch(collection, batch);
      at = next;
      update({ ms: (importState.value?.ms ?? 0) + performance.now() - started });
    }
    if (phaseOf() !== 'stopped') update({ phase: 'done', note: '' });
  } catch (error) {
    update({ phase: 'failed', note: error instanceof Error ? error.message : english.errors.title });
  }
  await readCollections();
}

/** Pauses after the batch under way, goes on, or stops for good. */
export const steerImport = (phase: 'running' | 'paused' | 'stopped'): void => update({ phase });

addEventListener('beforeunload', (event) => {
  if (phaseOf() === 'running' || phaseOf() === 'paused') event.preventDefault();
});
