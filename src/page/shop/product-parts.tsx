import type { JSX } from 'preact';
import type { Item, SearchResult } from 'snapshelf/client';
import { english } from '../english.ts';
import { nameOf, Picture } from '../parts/picture.tsx';

const { results } = english;

interface StripProps {
  readonly collection: string;
  readonly items: readonly Item[];
  readonly shown: Item;
  readonly onShow: (item: Item) => void;
}

/** The views of a product, small, to choose from. */
export const Strip = ({ collection, items, shown, onShow }: StripProps): JSX.Element => (
  <div class="strip">
    {items.map((item, at) => (
      <button
        key={item.id}
        type="button"
        aria-pressed={item.id === shown.id}
        aria-label={results.view(nameOf(item), at + 1, items.length)}
        onClick={() => onShow(item)}
      >
        <Picture collection={collection} item={item} alt="" />
      </button>
    ))}
  </div>
);

/** Shows how alike a result is, as a bar and in words, and how sure it is that it is the product. */
export const Alike = ({ score, confidence }: Pick<SearchResult, 'score' | 'confidence'>): JSX.Element => (
  <div class="alike">
    <meter min={0} max={1} value={Math.max(0, score)} aria-label={results.similarity} />
    <span>{results.similar(score)}</span>
    {confidence !== undefined && <strong class="sure">{results.confidence(confidence)}</strong>}
  </div>
);
