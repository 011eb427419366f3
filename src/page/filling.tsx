import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { client, codeOf } from './api/client.ts';
import { readCollections } from './collections.ts';
import { english } from './english.ts';
import { useEvery, useLoad } from './parts/load.ts';
import { Notice } from './parts/notice.tsx';

const fillingMs = 2000;

/** Says what the server waits for, if it is not ready: while it fills a collection, how far it is. */
async function waitsFor(signal: AbortSignal): Promise<string | undefined> {
  try {
    await client.getReady({ signal });
    return undefined;
  } catch (error) {
    if (codeOf(error) === 'not-ready') return (error as Error).message;
    throw error;
  }
}

/** Says what the server waits for while it fills collections, and calls back from time to time until that is over. */
export function useFilling(onMore: () => void): string | undefined {
  const { value, again } = useLoad(waitsFor, []);
  const isFilling = value !== undefined;
  useEvery(fillingMs, isFilling, () => {
    again();
    onMore();
  });
  // The numbers of items, which the pages of the keeper show, are known when all is over.
  useEffect(() => (isFilling ? () => void readCollections() : undefined), [isFilling]);
  return value;
}

/** Shows that a collection is being filled, and how far it is. */
export const Filling = ({ detail }: { detail: string }): JSX.Element => (
  <Notice icon="shelf" title={english.start.filling}>
    <span class="spinner" />
    <p role="status">{detail}</p>
  </Notice>
);
