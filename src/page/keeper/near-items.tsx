import type { JSX } from 'preact';
import type { AnswerOf } from 'snapshelf/client';
import { client } from '../api/client.ts';
import { soundCollections } from '../collections.ts';
import { english } from '../english.ts';
import { useLoad } from '../parts/load.ts';
import { nameOf, Picture } from '../parts/picture.tsx';
import { linkTo } from '../route.ts';

const words = english.duplicates;

type Duplicate = AnswerOf<'getDuplicates'>['duplicates'][number];

/** The score from which two pictures are nearly the same, where the metric has no scale of its own. */
export const nearScore = 0.95;

/** Finds the items that are nearly the same as one. */
async function nearOf(collection: string, id: string, signal: AbortSignal): Promise<readonly Duplicate[]> {
  const metric = soundCollections.value?.find(({ name }) => name === collection)?.metric ?? 'cosine';
  const query = metric === 'cosine' ? {} : { threshold: nearScore };
  return (await client.getDuplicates(collection, id, query, { signal })).duplicates;
}

/** Says how alike two pictures are. */
export const alikeText = ({ score, identical }: Pick<Duplicate, 'score' | 'identical'>): string =>
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
