import { computed, effect, signal } from '@preact/signals';
import type { ListedCollection } from 'snapshelf/client';
import { askForKey, client, codeOf, whenBack } from './api/client.ts';
import { key } from './api/session.ts';

/** A collection that is sound. */
export type SoundCollection = Extract<ListedCollection, { readonly status: 'ok' }>;

/** The collections that the session may see; undefined until they are known. */
export const collections = signal<readonly ListedCollection[] | undefined>(undefined);

/** Those of them that are not damaged. */
export const soundCollections = computed(() =>
  collections.value?.filter((one): one is SoundCollection => one.status === 'ok'),
);

/** The reason for which the collections are not known; undefined while all is well. */
export const collectionsProblem = signal<unknown>(undefined);

/** Reads the list of collections anew, as after one was made, filled or removed. */
export async function readCollections(): Promise<void> {
  try {
    collections.value = (await client.listCollections()).collections;
    collectionsProblem.value = undefined;
  } catch (error) {
    // Who may only search needs no list, and no other key.
    if (codeOf(error) === 'unauthorized') askForKey(error);
    collectionsProblem.value = error;
  }
}

effect(() => {
  void key.value;
  void readCollections();
});

effect(() => whenBack(collectionsProblem.value, () => void readCollections()));
