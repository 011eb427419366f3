import type { JSX } from 'preact';
import { client } from '../api/client.ts';
import { english } from '../english.ts';
import { useLoad } from '../parts/load.ts';
import { nameOf, Picture, useFetched } from '../parts/picture.tsx';

/** The picture of an item whose record the key may not read: its thumbnail is open to every key. */
function BareThumbnail({ collection, id }: { collection: string; id: string }): JSX.Element {
  const url = useFetched(`${collection}/${id}`, () => client.getThumbnail(collection, id));
  return url === undefined ? <span class="blank" /> : <img src={url} alt={english.query.item(id)} />;
}

/** The small picture of an item. */
export function ItemThumbnail({ collection, id }: { collection: string; id: string }): JSX.Element {
  const { value } = useLoad(() => client.getItem(collection, id).catch(() => null), [collection, id]);
  if (value === undefined) return <span class="blank" />;
  return value === null ? (
    <BareThumbnail collection={collection} id={id} />
  ) : (
    <Picture collection={collection} item={value} alt={nameOf(value)} />
  );
}
