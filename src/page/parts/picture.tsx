import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Item } from '../api/api-types.ts';
import { itemPath } from '../api/calls.ts';
import { addressOf, send } from '../api/request.ts';
import { key } from '../api/session.ts';
import { english } from '../english.ts';

/** Pictures that were fetched with a key, which `<img>` cannot send; the oldest go first. */
const fetched = new Map<string, Promise<string>>();
const mostFetched = 400;

function fetchPicture(path: string): Promise<string> {
  const known = fetched.get(path);
  if (known !== undefined) return known;
  const made = send(path, { accept: 'image/*', isQuiet: true })
    .then((response) => response.blob())
    .then((blob) => URL.createObjectURL(blob));
  fetched.set(path, made);
  made.catch(() => fetched.delete(path));
  const [oldest] = fetched.keys();
  if (fetched.size > mostFetched && oldest !== undefined) {
    void fetched.get(oldest)?.then((url) => URL.revokeObjectURL(url));
    fetched.delete(oldest);
  }
  return made;
}

/** Returns the address of a picture for `<img>`: at once, or with a key as soon as it has been fetched. */
export function usePicture(path: string | undefined): string | undefined {
  const [loaded, setLoaded] = useState<{ readonly path: string; readonly url: string }>();
  const isKeyed = key.value !== '';
  useEffect(() => {
    if (!isKeyed || path === undefined) return;
    let isGone = false;
    fetchPicture(path).then(
      (url) => !isGone && setLoaded({ path, url }),
      () => undefined,
    );
    return () => {
      isGone = true;
    };
  }, [path, isKeyed]);
  if (path === undefined) return undefined;
  return isKeyed ? (loaded?.path === path ? loaded.url : undefined) : addressOf(path);
}

/** Names what a picture shows: the name or label of its item, or else the id. */
export function nameOf({ id, label, metadata }: Item): string {
  const name = metadata['name'] ?? metadata['title'];
  return typeof name === 'string' && name !== '' ? name : (label ?? id);
}

interface Props {
  readonly collection: string;
  readonly item: Item;
  readonly alt: string;
  /** True shows the stored picture itself. Default: its thumbnail. */
  readonly isLarge?: boolean;
  readonly class?: string;
}

/** Shows the picture of an item. */
export function Picture({ collection, item, alt, isLarge = false, class: className }: Props): JSX.Element {
  const which = isLarge && item.hasImage ? 'image' : item.hasThumbnail ? 'thumbnail' : undefined;
  // The change number makes another picture of the same id another address.
  const path = which && `${itemPath(collection, item.id)}/${which}?v=${item.sequence}`;
  const url = usePicture(path);
  if (which === undefined) return <span class="blank">{english.results.noPicture}</span>;
  if (url === undefined) return <span class="blank" />;
  return <img class={className} src={url} alt={alt} loading="lazy" decoding="async" />;
}
