import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { AnswerOf, Item } from 'snapshelf/client';
import { asking, client } from '../api/client.ts';
import { english } from '../english.ts';
import { messageOf } from '../parts/format.ts';
import { nameOf, Picture } from '../parts/picture.tsx';
import { linkTo } from '../route.ts';
import { alikeText } from './near-items.tsx';

const words = english.duplicates;

type Page = Pick<AnswerOf<'getFoundDuplicates'>, 'results' | 'next'>;
type Group = Page['results'][number];

/** Puts the groups of pages together: one may go on in the next page. */
export function joinGroups(pages: readonly Pick<Page, 'results'>[]): readonly Group[] {
  const groups = new Map<number, Group>();
  for (const one of pages.flatMap(({ results }) => results)) {
    const before = groups.get(one.group);
    groups.set(one.group, before === undefined ? one : { ...before, items: [...before.items, ...one.items] });
  }
  return [...groups.values()];
}

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
export function DuplicateGroups({ collection, first }: { collection: string; first: Page }): JSX.Element {
  const [more, setMore] = useState<readonly Page[]>([]);
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
