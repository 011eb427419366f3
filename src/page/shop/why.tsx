import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Item } from 'snapshelf/client';
import { client, codeOf } from '../api/client.ts';
import { english } from '../english.ts';
import { messageOf } from '../parts/format.ts';
import { useLoad } from '../parts/load.ts';
import { nameOf, Picture } from '../parts/picture.tsx';
import { partOf } from '../photo/photo.ts';
import { drawHeat, type HeatMap, placeOf, warmest } from './heat.ts';
import { ItemThumbnail } from './item-thumbnail.tsx';
import type { Part } from './query.ts';

const { why } = english;

interface HeatProps {
  readonly map: HeatMap | null;
  readonly name: string;
  readonly children: ComponentChildren;
}

/** A picture under the map of what speaks for the match, which the words below it tell too. */
function Heat({ map, name, children }: HeatProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current !== null && map !== null) drawHeat(canvas.current, map);
  }, [map]);
  return (
    <figure>
      <div class="warm" style={map === null ? undefined : { '--aspect': map.width / map.height }}>
        {children}
        {map !== null && <canvas ref={canvas} style={placeOf(map)} />}
      </div>
      <figcaption>{map === null ? why.none(name) : why.where(name, warmest(map))}</figcaption>
    </figure>
  );
}

interface Props {
  readonly collection: string;
  readonly item: Item;
  readonly asked: Part;
}

/** The query as it is sent, and its picture. */
async function queryOf(asked: Part) {
  if (asked.kind === 'item') return { query: { itemId: asked.id } };
  const image = await partOf(asked.photo, asked.crop);
  return { query: { image }, url: URL.createObjectURL(image) };
}

function Pictures({ collection, item, asked }: Props): JSX.Element {
  const { value, error } = useLoad(
    async (signal) => {
      const { query, url } = await queryOf(asked);
      const explained = await client.explainMatch(collection, { ...query, match: item.id }, { signal });
      return { ...explained, url };
    },
    [collection, item.id, asked],
  );
  const url = value?.url;
  useEffect(() => () => void (url && URL.revokeObjectURL(url)), [url]);
  const pictures = useRef<HTMLDivElement>(null);
  // They are below what the dialog shows at first.
  useEffect(() => pictures.current?.scrollIntoView({ block: 'start' }), [value]);
  if (error !== undefined)
    return <p role="alert">{codeOf(error) === 'no-feature-map' ? why.cannot : messageOf(error)}</p>;
  if (value === undefined) return <p role="status">{why.loading}</p>;
  return (
    <>
      <p class="muted">{why.lead}</p>
      <div class="warm-pair" ref={pictures}>
        <Heat map={value.query} name={why.yours}>
          {asked.kind === 'item' ? (
            <ItemThumbnail collection={collection} id={asked.id} />
          ) : (
            <img src={url} alt={why.yours} />
          )}
        </Heat>
        <Heat map={value.match} name={nameOf(item)}>
          <Picture collection={collection} item={item} alt={nameOf(item)} isLarge />
        </Heat>
      </div>
    </>
  );
}

/** A button that shows which parts of the query and of a product make them a match. */
export function Why(props: Props): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  return (
    <div class="stack why">
      <button type="button" class="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {why.title}
      </button>
      {isOpen && <Pictures {...props} />}
    </div>
  );
}
