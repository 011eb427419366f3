import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { Hit, Item } from '../api/api-types.ts';
import { listItems } from '../api/calls.ts';
import { english } from '../english.ts';
import { Notice, Problem } from '../parts/notice.tsx';
import { nameOf, Picture } from '../parts/picture.tsx';
import { linkTo } from '../route.ts';
import { nearOf } from './near-items.tsx';

const words = english.duplicates;

interface Pair {
  readonly item: Item;
  readonly hits: readonly Hit[];
}

/** Looks for near items of every item, one after the other, and tells of each as it is found. */
async function walk(
  collection: string,
  signal: AbortSignal,
  tell: (done: number, found: Pair | undefined) => void,
): Promise<void> {
  const named = new Set<string>();
  let after: string | undefined;
  let done = 0;
  do {
    const page = await listItems(collection, { limit: 200, after, signal });
    for (const item of page.items) {
      const { results } = await nearOf(collection, item.id, signal);
      // Of a pair only the first is told of.
      const hits = results.filter(({ item: { id } }) => !named.has(id));
      named.add(item.id);
      done += 1;
      tell(done, hits.length === 0 ? undefined : { item, hits });
    }
    after = page.next ?? undefined;
  } while (after !== undefined && !signal.aborted);
}

const Group = ({ collection, pair: { item, hits } }: { collection: string; pair: Pair }): JSX.Element => (
  <li class="box">
    <ul class="tiles">
      {[{ item, score: 1 }, ...hits].map(({ item: one, score }) => (
        <li key={one.id}>
          <a class="tile" href={linkTo(['c', collection, 'items', one.id])}>
            <Picture collection={collection} item={one} alt="" />
            <span>
              <strong>{nameOf(one)}</strong>
              <small class="muted">{one.id}</small>
              {one.id !== item.id && <small>{english.results.similar(score)}</small>}
            </span>
          </a>
        </li>
      ))}
    </ul>
  </li>
);

/** Looks for items of a collection that are nearly the same. */
export function DuplicatesPage({ collection }: { collection: string }): JSX.Element {
  const [pairs, setPairs] = useState<readonly Pair[]>([]);
  const [done, setDone] = useState(0);
  const [phase, setPhase] = useState<'new' | 'running' | 'over'>('new');
  const [error, setError] = useState<unknown>();
  const stop = useRef(new AbortController());
  const start = (): void => {
    stop.current = new AbortController();
    const { signal } = stop.current;
    setPairs([]);
    setError(undefined);
    setPhase('running');
    walk(collection, signal, (count, found) => {
      setDone(count);
      if (found !== undefined) setPairs((before) => [...before, found]);
    })
      .catch((problem: unknown) => !signal.aborted && setError(problem))
      .finally(() => setPhase('over'));
  };
  return (
    <div class="stack">
      <h1>{words.title(collection)}</h1>
      <p class="muted">{words.lead}</p>
      <div class="row">
        {phase === 'running' ? (
          <button type="button" class="button" onClick={() => stop.current.abort()}>
            {words.stop}
          </button>
        ) : (
          <button type="button" class="button main" onClick={start}>
            {words.start}
          </button>
        )}
        {phase !== 'new' && <span role="status">{words.progress(done, pairs.length)}</span>}
      </div>
      {error !== undefined && <Problem error={error} onRetry={start} />}
      {phase === 'over' && pairs.length === 0 && error === undefined && (
        <Notice icon="check" title={words.none} />
      )}
      <ul class="boxes wide">
        {pairs.map((pair) => (
          <Group key={pair.item.id} collection={collection} pair={pair} />
        ))}
      </ul>
    </div>
  );
}
