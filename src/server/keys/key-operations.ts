import type { KeyInfo } from './key-info.ts';
import type { KeySettings } from './key-settings.ts';
import type { Keys, NewKey } from './keys.ts';

/** The operations on keys that commands perform: alone, or through the server that has the data folder open. */
export interface KeyOperations {
  'keys-create': { readonly given: [KeySettings]; readonly answer: NewKey };
  'keys-list': { readonly given: []; readonly answer: KeyInfo[] };
  'keys-revoke': { readonly given: [idOrName: string]; readonly answer: KeyInfo };
}

/** The arguments of an operation. */
export type Given<K extends keyof KeyOperations> = KeyOperations[K]['given'];
/** The answer of an operation. */
export type Answer<K extends keyof KeyOperations> = KeyOperations[K]['answer'];

const operations: {
  readonly [K in keyof KeyOperations]: (keys: Keys, ...given: Given<K>) => Promise<Answer<K>>;
} = {
  'keys-create': (keys, settings) => keys.create(settings),
  'keys-list': async (keys) => keys.list(),
  'keys-revoke': (keys, idOrName) => keys.revoke(idOrName),
};

/** True for the name of an operation on keys. */
export const isKeyOperation = (name: string): name is keyof KeyOperations => Object.hasOwn(operations, name);

/** Performs an operation on keys. @throws as `Keys`. */
export async function performOnKeys<K extends keyof KeyOperations>(
  keys: Keys,
  operation: K,
  given: Given<K>,
): Promise<Answer<K>> {
  return operations[operation](keys, ...given);
}
