import { effect, signal } from '@preact/signals';
import type { Collection } from './api/api-types.ts';
import { listCollections } from './api/calls.ts';
import { ApiError } from './api/request.ts';
import { key } from './api/session.ts';

/** The collections that the session may see; undefined until they are known. */
export const collections = signal<readonly Collection[] | undefined>(undefined);

/** The reason for which the collections are not known; undefined while all is well. */
export const collectionsProblem = signal<ApiError | undefined>(undefined);

/** Reads the list of collections anew, as after one was made, filled or removed. */
export async function readCollections(): Promise<void> {
  try {
    collections.value = await listCollections();
    collectionsProblem.value = undefined;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    collectionsProblem.value = error;
  }
}

effect(() => {
  void key.value;
  void readCollections();
});

/** Milliseconds after which a server that starts, or is away, is asked again. */
const retryMs = 2000;

effect(() => {
  const code = collectionsProblem.value?.code;
  if (code !== 'not-ready' && code !== 'offline') return;
  const timer = setInterval(() => void readCollections(), retryMs);
  return () => clearInterval(timer);
});
