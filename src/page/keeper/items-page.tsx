import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Filter, Item } from 'snapshelf/client';
import { client } from '../api/client.ts';
import { english } from '../english.ts';
import { useLoad } from '../parts/load.ts';
import { Loading, Notice, Problem } from '../parts/notice.tsx';
import { nameOf, Picture } from '../parts/picture.tsx';
import { linkTo } from '../route.ts';

const words = english.items;
const pageSize = 60;

const Tile = ({ collection, item }: { collection: string; item: Item }): JSX.Element => (
  <li>
    <a class="tile" href={linkTo(['c', collection, 'items', item.id])}>
      <Picture collection={collection} item={item} alt="" />
      <span>
        <strong>{nameOf(item)}</strong>
        <small class="muted">{item.id}</small>
      </span>
    </a>
  </li>
);

function Find({ onFind }: { onFind: (filter: Filter | undefined) => void }): JSX.Element {
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    const text = String(data.get('text') ?? '').trim();
    onFind(text === '' ? undefined : { field: String(data.get('field')), equals: text });
  };
  return (
    <search>
      <form class="row find" onSubmit={onSubmit}>
        <select name="field" class="choice" aria-label={words.field}>
          {(['label', 'productId', 'id'] as const).map((field) => (
            <option key={field} value={field}>
              {words.fields[field]}
            </option>
          ))}
        </select>
        <input type="search" name="text" aria-label={words.text} placeholder={words.text} />
        <button type="submit" class="button">
          {words.find}
        </button>
      </form>
    </search>
  );
}

/** Lists the items of a collection, page by page. */
export function ItemsPage({ collection }: { collection: string }): JSX.Element {
  const [filter, setFilter] = useState<Filter>();
  const [starts, setStarts] = useState<readonly (string | undefined)[]>([undefined]);
  const { value, error, again } = useLoad(
    (signal) => client.listItems(collection, { limit: pageSize, after: starts.at(-1), filter }, { signal }),
    [collection, filter, starts],
  );
  return (
    <div class="stack">
      <h1>{words.title(collection)}</h1>
      <Find
        onFind={(next) => {
          setFilter(next);
          setStarts([undefined]);
        }}
      />
      {error !== undefined && <Problem error={error} onRetry={again} />}
      {value === undefined && error === undefined && <Loading />}
      {value?.items.length === 0 && <Notice icon="search" title={words.none} />}
      <ul class="tiles">
        {(value?.items ?? []).map((item) => (
          <Tile key={item.id} collection={collection} item={item} />
        ))}
      </ul>
      <div class="row">
        <button
          type="button"
          class="button"
          disabled={starts.length === 1}
          onClick={() => setStarts(starts.slice(0, -1))}
        >
          {words.before}
        </button>
        <button
          type="button"
          class="button"
          disabled={value === undefined || value.next === null}
          onClick={() => setStarts([...starts, value?.next ?? undefined])}
        >
          {words.after}
        </button>
      </div>
    </div>
  );
}
