import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Item, SearchResult } from 'snapshelf/client';
import { english } from '../english.ts';
import { Facts } from '../parts/facts.tsx';
import { factsOf, priceOf } from '../parts/format.ts';
import { Modal } from '../parts/modal.tsx';
import { nameOf, Picture } from '../parts/picture.tsx';
import { linkTo } from '../route.ts';
import { Alike, Strip } from './product-parts.tsx';
import { parts, searchItem } from './query.ts';
import { Why } from './why.tsx';

const { results } = english;

interface Props {
  readonly collection: string;
  readonly hit: SearchResult;
  readonly views: readonly Item[];
  readonly first: Item;
  readonly onClose: () => void;
}

const ItemFacts = ({ item }: { item: Item }): JSX.Element => {
  const facts = [
    [results.kind, item.label ?? ''],
    ...factsOf(item),
    [results.product, item.productId],
    [results.item, item.id],
  ] as const;
  return <Facts facts={facts} />;
};

/** A closer look at a product: its picture large, its views, all that is known of it. */
export function Look({ collection, hit, views, first, onClose }: Props): JSX.Element {
  const [shown, setShown] = useState(first);
  const name = nameOf(hit.item);
  const price = priceOf(hit.item);
  const [asked, ...others] = parts.value;
  return (
    <Modal title={name} isWide onClose={onClose}>
      <div class="look">
        <div class="stack">
          <Picture class="large" collection={collection} item={shown} alt={nameOf(shown)} isLarge />
          {views.length > 1 && (
            <Strip collection={collection} items={views} shown={shown} onShow={setShown} />
          )}
        </div>
        <div class="stack">
          {price !== undefined && <p class="price">{price}</p>}
          <Alike score={hit.score} confidence={hit.confidence} />
          <ItemFacts item={shown} />
          <div class="row">
            <button
              type="button"
              class="button main"
              onClick={() => {
                onClose();
                searchItem(shown.id);
              }}
            >
              {results.moreLike}
            </button>
            <a class="button" href={linkTo(['c', collection, 'items', shown.id])}>
              {results.open}
            </a>
          </div>
        </div>
      </div>
      {asked !== undefined && others.length === 0 && (
        <Why key={shown.id} collection={collection} item={shown} asked={asked} />
      )}
    </Modal>
  );
}
