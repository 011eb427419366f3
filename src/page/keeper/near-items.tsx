import type { JSX } from 'preact';
import type { Answer } from '../api/api-types.ts';
import { collectionPath } from '../api/calls.ts';
import { ask } from '../api/request.ts';
import { english } from '../english.ts';
import { useLoad } from '../parts/load.ts';
import { nameOf, Picture } from '../parts/picture.tsx';
import { linkTo } from '../route.ts';

const words = english.duplicates;

/** The score from which two pictures are shown as nearly the same. */
const nearScore = 0.95;

/** Finds the items that are nearly the same as one. */
export const nearOf = (collection: string, itemId: string, signal?: AbortSignal): Promise<Answer> =>
  ask<Answer>(`${collectionPath(collection)}/search`, {
    method: 'POST',
    json: { itemId, ownProduct: true, group: 'item', minScore: nearScore, k: 20 },
    signal,
  });

/** The items that are nearly the same as one, which may be duplicates. */
export function NearItems({ collection, id }: { collection: string; id: string }): JSX.Element | null {
  const { value } = useLoad((signal) => nearOf(collection, id, signal), [collection, id]);
  if (value === undefined) return null;
  return (
    <section class="box stack" aria-labelledby="near">
      <h2 id="near">{words.near}</h2>
      {value.results.length === 0 && <p class="muted">{words.noneNear}</p>}
      <ul class="tiles">
        {value.results.map(({ item, score }) => (
          <li key={item.id}>
            <a class="tile" href={linkTo(['c', collection, 'items', item.id])}>
              <Picture collection={collection} item={item} alt="" />
              <span>
                <strong>{nameOf(item)}</strong>
                <small class="muted">{english.results.similar(score)}</small>
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
