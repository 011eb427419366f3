import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { Duplicate, Item } from '../api/api-types.ts';
import { listItems } from '../api/calls.ts';
import { english } from '../english.ts';
import { Notice, Problem } from '../parts/notice.tsx';
import { nameOf, Picture } from '../parts/picture.tsx';
import { linkTo } from '../route.ts';
import { alikeText, nearOf } from './near-items.tsx';

const words = english.duplicates;

interface Pair {
  readonly item: Item;
  readonly near: readonly Duplicate[];
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
      const all = await nearOf(collection, item.id, signal);
      // Of a pair only the first is told of.
      const near = all.filter(({ item: { id } }) => !named.has(id));
      named.add(item.id);
      done += 1;
      tell(done, near.length === 0 ? undefined : { item, near });
    }
    after = page.next ?? undefined;
  } while (after !== undefined && !signal.aborted);
}

const Tile = ({ collection, item, note }: { collection: string; item: Item; note?: string }): JSX.Element => (
  <li>
    <a class="tile" href={linkTo(['c', collection, 'items', item.id])}>
      <Picture collection={collection} item={item} alt="" />
      <span>
        <strong>{nameOf(item)}</strong>
        <small class="muted">{item.id}</small>
        {note !== undefined && <small>{note}</small>}
      </span>
    </a>
  </li>
);

const Group = ({ collection, pair: { item, near } }: { collection: string; pair: Pair }): JSX.Element => (
  <li class="box">
    <ul class="tiles">
      <Tile collection={collection} item={item} />
      {near.map((one) => (
        <Tile key={one.item.id} collection={collection} item={one.item} note={alikeText(one)} />
      ))}
    </ul>
  </li>
);

interface SwitchProps {
  readonly isOn: boolean;
  readonly onStart: () => void;
  readonly onStop: () => void;
}

const StartOrStop = ({ isOn, onStart, onStop }: SwitchProps): JSX.Element =>
  isOn ? (
    <button type="button" class="button" onClick={onStop}>
      {words.stop}
    </button>
  ) : (
    <button type="button" class="button main" onClick={onStart}>
      {words.start}
    </button>
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
        <StartOrStop isOn={phase === 'running'} onStart={start} onStop={() => stop.current.abort()} />
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
