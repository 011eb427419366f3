import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Item } from 'snapshelf/client';
import { client } from '../api/client.ts';
import { key, offline } from '../api/session.ts';
import { english } from '../english.ts';

/** Pictures that were fetched with a key, which `<img>` cannot send; the oldest go first. */
const fetched = new Map<string, Promise<string>>();
const mostFetched = 400;

function fetchPicture(name: string, fetch: () => Promise<Blob>): Promise<string> {
  const known = fetched.get(name);
  if (known !== undefined) return known;
  const made = fetch().then((blob) => URL.createObjectURL(blob));
  fetched.set(name, made);
  made.catch(() => fetched.delete(name));
  const [oldest] = fetched.keys();
  if (fetched.size > mostFetched && oldest !== undefined) {
    void fetched.get(oldest)?.then((url) => URL.revokeObjectURL(url));
    fetched.delete(oldest);
  }
  return made;
}

/** Fetches a picture, which `name` tells from all others, and returns its address for `<img>` as soon as it is there. */
export function useFetched(name: string | undefined, fetch: () => Promise<Blob>): string | undefined {
  const [loaded, setLoaded] = useState<{ readonly name: string; readonly url: string }>();
  useEffect(() => {
    if (name === undefined || offline.value) return;
    let isGone = false;
    fetchPicture(name, fetch).then(
      (url) => !isGone && setLoaded({ name, url }),
      () => undefined,
    );
    return () => {
      isGone = true;
    };
  }, [name, key.value, offline.value]);
  return loaded?.name === name ? loaded?.url : undefined;
}

/** Names what a picture shows: the name or label of its item, or else the id. */
export function nameOf({ id, label, metadata }: Item): string {
  const name = metadata['name'] ?? metadata['title'];
  return typeof name === 'string' && name !== '' ? name : (label ?? id);
}

/** An `<img>` that tries again when the server is back. */
function Shown({
  url,
  alt,
  class: className,
}: {
  url: string;
  alt: string;
  class?: string | undefined;
}): JSX.Element {
  const [isBroken, setBroken] = useState(false);
  const isAway = offline.value;
  useEffect(() => setBroken(false), [url, isAway]);
  if (isBroken) return <span class="blank" />;
  return (
    <img
      class={className}
      src={url}
      alt={alt}
      loading="lazy"
      decoding="async"
      onError={() => setBroken(true)}
    />
  );
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
  const { id, imageHash, links } = item;
  const isWhole = isLarge && links.image !== undefined;
  const link = isWhole ? links.image : links.thumbnail;
  const isKeyed = key.value !== '';
  const query = imageHash === '' ? {} : { hash: imageHash };
  const kept = useFetched(isKeyed ? link : undefined, () =>
    isWhole ? client.getImage(collection, id, query) : client.getThumbnail(collection, id, query),
  );
  if (link === undefined) return <span class="blank">{english.results.noPicture}</span>;
  const url = isKeyed ? kept : client.urlOf(link);
  if (url === undefined) return <span class="blank" />;
  return <Shown class={className} url={url} alt={alt} />;
}
