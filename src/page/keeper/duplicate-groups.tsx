import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Item } from 'snapshelf/client';
import { asking, client } from '../api/client.ts';
import { english } from '../english.ts';
import { messageOf } from '../parts/format.ts';
import { nameOf, Picture } from '../parts/picture.tsx';
import { linkTo } from '../route.ts';
import { type DuplicatesPart, joinGroups } from './join-groups.ts';
import { alikeText } from './near-items.tsx';

const words = english.duplicates;

interface TileProps {
  readonly collection: string;
  readonly item: Item;
  readonly note: string;
}

const Tile = ({ collection, item, note }: TileProps): JSX.Element => (
  <li>
    <a class="tile" href={linkTo(['c', collection, 'items', item.id])}>
      <Picture collection={collection} item={item} alt="" />
      <span>
        <strong>{nameOf(item)}</strong>
        <small class="muted">{item.id}</small>
        <small>{note}</small>
      </span>
    </a>
  </li>
);

/** Shows groups of items that are nearly the same, the largest first, page by page. */
export function DuplicateGroups({
  collection,
  first,
}: {
  collection: string;
  first: DuplicatesPart;
}): JSX.Element {
  const [more, setMore] = useState<readonly DuplicatesPart[]>([]);
  const [problem, setProblem] = useState<string>();
  const { next } = more.at(-1) ?? first;
  const showMore = (after: string): void => {
    setProblem(undefined);
    asking(client.getFoundDuplicates(collection, { after })).then(
      (page) => setMore([...more, page]),
      (error: unknown) => setProblem(messageOf(error)),
    );
  };
  return (
    <>
      <ul class="boxes wide">
        {joinGroups([first, ...more]).map(({ group, size, items }) => (
          <li key={group} class="box stack">
            <h3>{words.group(size)}</h3>
            <ul class="tiles">
              {items.map((one) => (
                <Tile key={one.item.id} collection={collection} item={one.item} note={alikeText(one)} />
              ))}
            </ul>
          </li>
        ))}
      </ul>
      {problem !== undefined && <p role="alert">{problem}</p>}
      {next !== null && (
        <div class="center">
          <button type="button" class="button" onClick={() => showMore(next)}>
            {words.more}
          </button>
        </div>
      )}
    </>
  );
}
