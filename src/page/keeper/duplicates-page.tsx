import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { AnswerOf } from 'snapshelf/client';
import { asking, client, codeOf } from '../api/client.ts';
import { english } from '../english.ts';
import { messageOf, when } from '../parts/format.ts';
import { useEvery, useLoad } from '../parts/load.ts';
import { Loading, Notice, Problem } from '../parts/notice.tsx';
import { DuplicateGroups } from './duplicate-groups.tsx';
import { nearScore } from './near-items.tsx';

const words = english.duplicates;
const pollMs = 1000;

type Found = AnswerOf<'getFoundDuplicates'>;

/** Reads how far the search of a collection is, and the first page of what it has found; null where there was none. */
async function readFound(collection: string, signal: AbortSignal): Promise<Found | null> {
  try {
    return await client.getFoundDuplicates(collection, {}, { signal });
  } catch (error) {
    if (codeOf(error) === 'item-not-found') return null;
    throw error;
  }
}

/** Says what the groups do not show. */
const remarksOf = ({ changed, cut, damaged, gone }: Found): readonly string[] =>
  (
    [
      [changed, words.changed],
      [cut, words.cut],
      [damaged, words.damaged],
      [gone, words.gone],
    ] as const
  ).flatMap(([n, words_]) => (n === 0 ? [] : [words_(n)]));

interface SearchProps {
  readonly found: Found | null;
  readonly onStart: (threshold: number, exact: boolean) => void;
}

/** Starts a search, or goes on with one that was interrupted, if its threshold stays. */
function Search({ found, onStart }: SearchProps): JSX.Element {
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    onStart(Number(data.get('threshold')), found?.exact ?? false);
  };
  return (
    <form class="row find" onSubmit={onSubmit}>
      <label class="field">
        <span>{words.threshold}</span>
        <input
          type="number"
          name="threshold"
          required
          min={-1}
          max={1}
          step="any"
          defaultValue={String(found?.threshold ?? nearScore)}
        />
      </label>
      <button type="submit" class="button main">
        {found?.state === 'interrupted' ? words.resume : words.start}
      </button>
    </form>
  );
}

function State({ found }: { found: Found }): JSX.Element {
  const { state, threshold, startedAt, done, total, groups, members, error } = found;
  return (
    <>
      <div class="row">
        <h2>{words.states[state]}</h2>
        <span class="muted">{when(startedAt)}</span>
      </div>
      {state !== 'done' && <progress max={Math.max(1, total)} value={done} aria-label={words.bar} />}
      <p role="status">
        {words.progress(done, total, groups)}
        {state !== 'running' && ` · ${words.found(members, threshold)}`}
      </p>
      {error !== undefined && <p role="alert">{error.detail}</p>}
      {remarksOf(found).map((remark) => (
        <p key={remark} class="muted">
          {remark}
        </p>
      ))}
    </>
  );
}

interface JobProps {
  readonly collection: string;
  readonly found: Found | null;
  readonly onChange: () => void;
}

/** The search of a collection: its state, and what can be done with it. */
function Job({ collection, found, onChange }: JobProps): JSX.Element {
  const [problem, setProblem] = useState<string>();
  const tell = (answer: Promise<unknown>): void => {
    setProblem(undefined);
    asking(answer).then(onChange, (error: unknown) => {
      setProblem(messageOf(error));
      onChange();
    });
  };
  const remove = (): void => tell(client.deleteDuplicates(collection));
  return (
    <section class="box stack">
      {found !== null && <State found={found} />}
      {problem !== undefined && <p role="alert">{problem}</p>}
      {found?.state !== 'running' && (
        <Search
          found={found}
          onStart={(threshold, exact) => tell(client.startDuplicates(collection, { threshold, exact }))}
        />
      )}
      {found !== null && (
        <div class="row">
          <button type="button" class="button" onClick={remove}>
            {found.state === 'running' ? words.stop : words.forget}
          </button>
        </div>
      )}
    </section>
  );
}

/** Looks for items of a collection that are nearly the same: the server does, in the background. */
export function DuplicatesPage({ collection }: { collection: string }): JSX.Element {
  const loaded = useLoad((signal) => readFound(collection, signal), [collection]);
  const { value: found, error, again } = loaded;
  useEvery(pollMs, loaded, found?.state === 'running');
  return (
    <div class="stack">
      <h1>{words.title(collection)}</h1>
      <p class="muted">{words.lead}</p>
      {error !== undefined && <Problem error={error} onRetry={again} />}
      {found === undefined && error === undefined && <Loading />}
      {found !== undefined && error === undefined && (
        <Job collection={collection} found={found} onChange={again} />
      )}
      {found?.state === 'done' && found.groups === 0 && <Notice icon="check" title={words.none} />}
      {found !== undefined && found !== null && (
        <DuplicateGroups key={`${found.startedAt} ${found.done}`} collection={collection} first={found} />
      )}
    </div>
  );
}
