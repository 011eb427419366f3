import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Item, SearchResult } from 'snapshelf/client';
import { english } from '../english.ts';
import { factsOf, priceOf } from '../parts/format.ts';
import { Icon } from '../parts/icon.tsx';
import { nameOf, Picture } from '../parts/picture.tsx';
import { Look } from './look.tsx';
import { Alike, Strip } from './product-parts.tsx';
import { addItem, searchItem } from './query.ts';

const { results } = english;

/** Most facts that a card shows; the rest is in the closer look. */
const factsOnCard = 4;

const Actions = ({ id }: { id: string }): JSX.Element => (
  <div class="acts">
    <button type="button" class="button small more" onClick={() => searchItem(id)}>
      {results.moreLike}
    </button>
    <button
      type="button"
      class="button small square"
      title={results.add}
      aria-label={results.add}
      onClick={() => addItem(id, false)}
    >
      <Icon name="plus" />
    </button>
    <button
      type="button"
      class="button small square"
      title={results.not}
      aria-label={results.not}
      onClick={() => addItem(id, true)}
    >
      <Icon name="minus" />
    </button>
  </div>
);

const Chips = ({ item }: { item: Item }): JSX.Element => (
  <ul class="chips">
    {item.label !== null && item.label !== nameOf(item) && <li title={results.kind}>{item.label}</li>}
    {factsOf(item)
      .slice(0, factsOnCard)
      .map(([field, value]) => (
        <li key={field} title={field}>
          {value}
        </li>
      ))}
  </ul>
);

interface Props {
  readonly collection: string;
  readonly hit: SearchResult;
  readonly views: readonly Item[];
}

/** A product that was found. */
export function Card({ collection, hit, views }: Props): JSX.Element {
  const [chosen, setChosen] = useState<Item>();
  const [isLooking, setLooking] = useState(false);
  const shown = chosen ?? hit.item;
  const name = nameOf(hit.item);
  const price = priceOf(hit.item);
  // The best view first, which is the one that was found.
  const ordered = [hit.item, ...views.filter(({ id }) => id !== hit.item.id)];
  return (
    <article class="card" aria-label={name}>
      <button type="button" class="shot" aria-label={results.look(name)} onClick={() => setLooking(true)}>
        <Picture collection={collection} item={shown} alt="" />
      </button>
      {ordered.length > 1 && (
        <Strip collection={collection} items={ordered} shown={shown} onShow={setChosen} />
      )}
      <div class="words">
        <div class="name">
          <strong>{name}</strong>
          {price !== undefined && <span class="price">{price}</span>}
        </div>
        <Alike score={hit.score} confidence={hit.confidence} />
        <Chips item={hit.item} />
      </div>
      <Actions id={shown.id} />
      {isLooking && (
        <Look
          collection={collection}
          hit={hit}
          views={ordered}
          first={shown}
          onClose={() => setLooking(false)}
        />
      )}
    </article>
  );
}
