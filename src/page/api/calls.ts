import type { Collection, Duplicate, Filter, Item, ItemPage, Model, RecentProblem } from './api-types.ts';
import { ApiError, ask, send } from './request.ts';

const part = encodeURIComponent;

/** Returns the path of a collection. */
export const collectionPath = (name: string): string => `v1/collections/${part(name)}`;

/** Returns the path of an item. */
export const itemPath = (collection: string, id: string): string =>
  `${collectionPath(collection)}/items/${part(id)}`;

/** Lists the collections. */
export const listCollections = async (): Promise<readonly Collection[]> =>
  (await ask<{ collections: Collection[] }>('v1/collections')).collections;

/** Options of a list of items. */
export interface ListOptions {
  readonly limit?: number;
  readonly after?: string | undefined;
  readonly filter?: Filter | undefined;
  readonly isQuiet?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Lists items of a collection, a page at a time. */
export function listItems(collection: string, options: ListOptions = {}): Promise<ItemPage> {
  const { limit = 100, after, filter, isQuiet = false, signal } = options;
  const query = new URLSearchParams({ limit: String(limit) });
  if (after !== undefined) query.set('after', after);
  if (filter !== undefined) query.set('filter', JSON.stringify(filter));
  return ask<ItemPage>(`${collectionPath(collection)}/items?${query}`, { isQuiet, signal });
}

/** Shows one item. */
export const getItem = (collection: string, id: string): Promise<Item> => ask<Item>(itemPath(collection, id));
/** Shows one collection. */
export const getCollection = (name: string): Promise<Collection> => ask<Collection>(collectionPath(name));

/** Lists the models that the server holds. */
export const listModels = async (): Promise<readonly Model[]> =>
  (await ask<{ models: Model[] }>('v1/models')).models;

/** Removes what a path names. */
export const remove = async (path: string): Promise<void> => void (await send(path, { method: 'DELETE' }));

/** Lists the items that are nearly identical to one; a threshold is needed where the metric is not cosine. */
export async function listDuplicates(
  collection: string,
  id: string,
  {
    threshold,
    signal,
  }: { readonly threshold?: number | undefined; readonly signal?: AbortSignal | undefined },
): Promise<readonly Duplicate[]> {
  const query = threshold === undefined ? '' : `?threshold=${threshold}`;
  const path = `${itemPath(collection, id)}/duplicates${query}`;
  return (await ask<{ duplicates: Duplicate[] }>(path, { signal })).duplicates;
}

/** Lists the last requests that were answered with a problem; undefined for a key that may not see them. */
export async function listProblems(signal: AbortSignal): Promise<readonly RecentProblem[] | undefined> {
  try {
    return (await ask<{ problems: RecentProblem[] }>('v1/problems', { signal, isQuiet: true })).problems;
  } catch (error) {
    if (error instanceof ApiError && [401, 403].includes(error.status)) return undefined;
    throw error;
  }
}

/** Says what the server waits for, if it is not ready: while it fills a collection, how far it is. */
export async function waitsFor(signal: AbortSignal): Promise<string | undefined> {
  try {
    await send('health/ready', { signal, isQuiet: true });
    return undefined;
  } catch (error) {
    if (error instanceof ApiError && error.code === 'not-ready') return error.message;
    throw error;
  }
}
