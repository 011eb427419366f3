import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Problem as ApiProblem, Collection, Model } from '../api/api-types.ts';
import { collectionPath, getCollection, listModels, remove } from '../api/calls.ts';
import { ApiError, ask } from '../api/request.ts';
import { readCollections } from '../collections.ts';
import { english } from '../english.ts';
import { Facts } from '../parts/facts.tsx';
import { when } from '../parts/format.ts';
import { useEvery, useLoad } from '../parts/load.ts';
import { Loading, Problem } from '../parts/notice.tsx';
import { goTo, linkTo } from '../route.ts';
import { Confirm } from './confirm.tsx';

const words = english.settings;
const pollMs = 1000;

interface Reindex {
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  readonly done: number;
  readonly total: number;
  readonly error?: ApiProblem;
}

function CollectionFacts({ one }: { one: Collection }): JSX.Element {
  const { index } = one;
  const facts = [
    [words.model, `${one.modelName} (${one.modelId.slice(0, 8)})`],
    [words.metric, one.metric],
    [words.dimension, String(one.dimension)],
    [words.items, english.collections.size(one.items, one.products)],
    [words.storeImages, one.storeImages ? english.filters.yes : english.filters.no],
    [words.created, when(one.createdAt)],
    [words.index, words.indexState(index.kind, index.state, index.indexed, index.ef)],
    [
      words.fields,
      Object.entries(one.fields)
        .map(([name, type]) => `${name} (${type})`)
        .join(', '),
    ],
  ] as const;
  return <Facts facts={facts} isBoxed />;
}

/** The last re-index, or undefined where there was none. */
const readReindex = (path: string): Promise<Reindex | undefined> =>
  ask<Reindex>(path, { isQuiet: true }).catch((error: unknown) => {
    if (error instanceof ApiError && [403, 404].includes(error.status)) return undefined;
    throw error;
  });

const JobState = ({ job: { state, done, total, error } }: { job: Reindex }): JSX.Element => (
  <>
    <progress max={Math.max(1, total)} value={done} aria-label={words.progress} />
    <span role="status">{words.reindexState[state](done, total)}</span>
    {error !== undefined && <p role="alert">{error.detail}</p>}
  </>
);

const ModelChoice = ({ models, chosen }: { models: readonly Model[]; chosen: string }): JSX.Element => (
  <label class="field">
    <span>{words.newModel}</span>
    <select name="model">
      {models.map(({ id, name }) => (
        <option key={id} value={id} selected={id === chosen}>
          {name}
        </option>
      ))}
    </select>
  </label>
);

interface SwitchProps {
  readonly one: Collection;
  readonly models: readonly Model[];
  readonly onDone: () => void;
}

function Switch({ one, models, onDone }: SwitchProps): JSX.Element {
  const path = `${collectionPath(one.name)}/reindex`;
  const { value: job, again } = useLoad(() => readReindex(path), [path]);
  const [problem, setProblem] = useState<string>();
  const isRunning = job?.state === 'running';
  useEvery(pollMs, isRunning, () => {
    again();
    onDone();
  });
  const call = (method: string, json?: unknown): void => {
    setProblem(undefined);
    ask(path, { method, json }).then(again, (error: Error) => setProblem(error.message));
  };
  return (
    <form
      class="box stack"
      aria-labelledby="reindex"
      onSubmit={(event) => {
        event.preventDefault();
        call('POST', { model: new FormData(event.currentTarget).get('model') });
      }}
    >
      <h2 id="reindex">{words.reindex}</h2>
      <p class="muted">{one.storeImages ? words.reindexLead : words.reindexNone}</p>
      <ModelChoice models={models} chosen={one.modelId} />
      {job !== undefined && <JobState job={job} />}
      {problem !== undefined && <p role="alert">{problem}</p>}
      <div class="row">
        {isRunning ? (
          <button type="button" class="button" onClick={() => call('DELETE')}>
            {words.cancel}
          </button>
        ) : (
          <button type="submit" class="button" disabled={!one.storeImages}>
            {words.start}
          </button>
        )}
      </div>
    </form>
  );
}

/** Shows how a collection is set, switches its model, and deletes it. */
export function SettingsPage({ collection }: { collection: string }): JSX.Element {
  const { value, error, again } = useLoad(
    async () => [await getCollection(collection), await listModels()] as const,
    [collection],
  );
  if (error !== undefined) return <Problem error={error} onRetry={again} />;
  if (value === undefined) return <Loading />;
  const [one, models] = value;
  return (
    <div class="stack">
      <h1>{words.title(collection)}</h1>
      <CollectionFacts one={one} />
      <Switch one={one} models={models} onDone={again} />
      <section class="box stack" aria-labelledby="delete">
        <h2 id="delete">{words.delete}</h2>
        <p class="muted">{words.deleteLead}</p>
        <div class="row">
          <Confirm
            label={words.deleteButton}
            title={words.deleteTitle(collection)}
            text={words.deleteText(one.items)}
            typed={collection}
            onConfirm={async () => {
              await remove(collectionPath(collection));
              await readCollections();
              goTo(linkTo(['collections']));
            }}
          />
        </div>
      </section>
    </div>
  );
}
