import type { JSX } from 'preact';
import type { Duplicate } from '../api/api-types.ts';
import { listDuplicates } from '../api/calls.ts';
import { collections } from '../collections.ts';
import { english } from '../english.ts';
import { useLoad } from '../parts/load.ts';
import { nameOf, Picture } from '../parts/picture.tsx';
import { linkTo } from '../route.ts';

const words = english.duplicates;

/** The score from which two pictures are nearly the same, where the metric has no scale of its own. */
const nearScore = 0.95;

/** Finds the items that are nearly the same as one. */
export function nearOf(collection: string, id: string, signal?: AbortSignal): Promise<readonly Duplicate[]> {
  const metric = collections.value?.find(({ name }) => name === collection)?.metric ?? 'cosine';
  return listDuplicates(collection, id, { threshold: metric === 'cosine' ? undefined : nearScore, signal });
}

/** Says how alike two pictures are. */
export const alikeText = ({ score, identical }: Duplicate): string =>
  identical ? words.same : english.results.similar(score);

/** The items that are nearly the same as one, which may be duplicates. */
export function NearItems({ collection, id }: { collection: string; id: string }): JSX.Element | null {
  const { value } = useLoad((signal) => nearOf(collection, id, signal), [collection, id]);
  if (value === undefined) return null;
  return (
    <section class="box stack" aria-labelledby="near">
      <h2 id="near">{words.near}</h2>
      {value.length === 0 && <p class="muted">{words.noneNear}</p>}
      <ul class="tiles">
        {value.map((near) => (
          <li key={near.item.id}>
            <a class="tile" href={linkTo(['c', collection, 'items', near.item.id])}>
              <Picture collection={collection} item={near.item} alt="" />
              <span>
                <strong>{nameOf(near.item)}</strong>
                <small class="muted">{alikeText(near)}</small>
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
