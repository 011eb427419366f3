import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Collection, Item, ItemPage } from 'snapshelf/client';
import { asking, client, codeOf } from '../api/client.ts';
import { english } from '../english.ts';
import { Filling, FillingBanner, useFilling } from '../filling.tsx';
import { useLoad } from '../parts/load.ts';
import { Loading, Notice, Problem } from '../parts/notice.tsx';
import { nameOf, Picture } from '../parts/picture.tsx';
import { PhotoButtons } from '../photo/photo-buttons.tsx';
import { photoProblem } from '../photo/take.ts';
import { linkTo } from '../route.ts';
import { searchItem } from './query.ts';

const { start } = english;
/** Items that are shown at first, and with each "more". */
const pageSize = 100;

const Hero = (): JSX.Element => (
  <section class="hero" aria-labelledby="hero">
    <h1 id="hero">{start.title}</h1>
    <p>{start.lead}</p>
    <PhotoButtons />
    <small class="muted">{start.paste}</small>
    {photoProblem.value !== undefined && <p role="alert">{photoProblem.value}</p>}
  </section>
);

/** Items to click, each of which is a query. */
function Wall({ collection, items }: { collection: string; items: readonly Item[] }): JSX.Element {
  return (
    <ul class="wall">
      {items.map((item) => (
        <li key={item.id}>
          <button
            type="button"
            aria-label={start.tile(nameOf(item))}
            title={nameOf(item)}
            onClick={() => searchItem(item.id)}
          >
            <Picture collection={collection} item={item} alt="" />
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Lists the first items; null for who may only search. */
async function listFirst(collection: string, signal: AbortSignal): Promise<ItemPage | null> {
  try {
    return await client.listItems(collection, { limit: pageSize }, { signal });
  } catch (error) {
    if (codeOf(error) === 'forbidden') return null;
    throw error;
  }
}

/** Pages of items that were loaded so far. */
function useWall(collection: string) {
  const [more, setMore] = useState<{ readonly items: readonly Item[]; readonly next: string | null }>();
  const first = useLoad(
    async (signal) => {
      setMore(undefined);
      return listFirst(collection, signal);
    },
    [collection],
  );
  const shown = more ?? first.value ?? undefined;
  const showMore = async (): Promise<void> => {
    if (shown === undefined || shown.next === null) return;
    const page = await asking(client.listItems(collection, { limit: pageSize, after: shown.next }));
    setMore({ items: [...shown.items, ...page.items], next: page.next });
  };
  return { shown, isLoading: first.value === undefined, error: first.error, again: first.again, showMore };
}

const Empty = ({ collection }: { collection: string }): JSX.Element => (
  <Notice icon="shelf" isPage title={start.empty}>
    <p class="muted">{start.emptyLead}</p>
    <a class="button main" href={linkTo(['c', collection, 'import'])}>
      {start.emptyImport}
    </a>
  </Notice>
);

/** Shows what there is before a search: a place for a photo, and items to click. */
export function Start({ collection }: { collection: Pick<Collection, 'name'> }): JSX.Element {
  const { shown, isLoading, error, again, showMore } = useWall(collection.name);
  const filling = useFilling(() => (shown === undefined || shown.items.length < pageSize) && again());
  if (shown?.items.length === 0 && filling === undefined) return <Loading />;
  if (shown?.items.length === 0)
    return filling === '' ? <Empty collection={collection.name} /> : <Filling detail={filling ?? ''} />;
  return (
    <>
      <Hero />
      {error !== undefined && <Problem error={error} onRetry={again} />}
      {isLoading && error === undefined && <Loading />}
      <FillingBanner detail={filling} />
      {shown !== undefined && (
        <section aria-labelledby="wall">
          <h2 class="or" id="wall">
            {start.or}
          </h2>
          <Wall collection={collection.name} items={shown.items} />
          {shown.next !== null && (
            <div class="center">
              <button type="button" class="button" onClick={() => void showMore()}>
                {start.more}
              </button>
            </div>
          )}
        </section>
      )}
    </>
  );
}
