import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { client, codeOf } from './api/client.ts';
import { readCollections } from './collections.ts';
import { english } from './english.ts';
import { useEvery, useLoad } from './parts/load.ts';
import { Notice } from './parts/notice.tsx';

const fillingMs = 2000;

/** Says what the server waits for, which is how far it is while it fills a collection; '' if it is ready. */
async function waitsFor(signal: AbortSignal): Promise<string> {
  try {
    await client.getReady({ signal });
    return '';
  } catch (error) {
    if (codeOf(error) === 'not-ready') return (error as Error).message;
    throw error;
  }
}

/**
 * Says what the server waits for while it fills collections, and calls back from time to time until that is over: '' if it does not,
 * undefined until that is known.
 */
export function useFilling(onMore?: () => void): string | undefined {
  const loaded = useLoad(waitsFor, []);
  const { value, error } = loaded;
  const isFilling = value !== undefined && value !== '';
  useEvery(fillingMs, loaded, isFilling, onMore);
  // The numbers of items, which the pages of the keeper show, are known when all is over.
  useEffect(() => (isFilling ? () => void readCollections() : undefined), [isFilling]);
  return error === undefined ? value : '';
}

/** Shows that a collection is being filled, and how far it is. */
export const Filling = ({ detail }: { detail: string }): JSX.Element => (
  <Notice icon="shelf" isPage title={english.start.filling}>
    <span class="spinner" />
    <p role="status">{detail}</p>
  </Notice>
);

/** Says above what is there that more is to come. */
export const FillingBanner = ({ detail = '' }: { detail: string | undefined }): JSX.Element | null =>
  detail === '' ? null : (
    <p class="banner" role="status">
      {english.start.filling}. {detail}
    </p>
  );
