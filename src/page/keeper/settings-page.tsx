import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Collection, Model, Reindex } from 'snapshelf/client';
import { asking, client, codeOf } from '../api/client.ts';
import { readCollections } from '../collections.ts';
import { english } from '../english.ts';
import { Facts } from '../parts/facts.tsx';
import { messageOf, when } from '../parts/format.ts';
import { useEvery, useLoad } from '../parts/load.ts';
import { Loading, Problem } from '../parts/notice.tsx';
import { goTo, linkTo } from '../route.ts';
import { Confirm } from './confirm.tsx';

const words = english.settings;
const pollMs = 1000;

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
async function readReindex(collection: string, signal: AbortSignal): Promise<Reindex | undefined> {
  try {
    return await client.getReindex(collection, { signal });
  } catch (error) {
    if (['forbidden', 'item-not-found'].includes(codeOf(error))) return undefined;
    throw error;
  }
}

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
  const loaded = useLoad((signal) => readReindex(one.name, signal), [one.name]);
  const { value: job, again } = loaded;
  const [problem, setProblem] = useState<string>();
  const isRunning = job?.state === 'running';
  useEvery(pollMs, loaded, isRunning, onDone);
  const tell = (answer: Promise<Reindex>): void => {
    setProblem(undefined);
    asking(answer).then(again, (error: unknown) => setProblem(messageOf(error)));
  };
  return (
    <form
      class="box stack"
      aria-labelledby="reindex"
      onSubmit={(event) => {
        event.preventDefault();
        const model = String(new FormData(event.currentTarget).get('model'));
        tell(client.startReindex(one.name, { model }));
      }}
    >
      <h2 id="reindex">{words.reindex}</h2>
      <p class="muted">{one.storeImages ? words.reindexLead : words.reindexNone}</p>
      <ModelChoice models={models} chosen={one.modelId} />
      {job !== undefined && <JobState job={job} />}
      {problem !== undefined && <p role="alert">{problem}</p>}
      <div class="row">
        {isRunning ? (
          <button type="button" class="button" onClick={() => tell(client.cancelReindex(one.name))}>
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
    async (signal) =>
      [await client.getCollection(collection, { signal }), await client.listModels({ signal })] as const,
    [collection],
  );
  if (error !== undefined) return <Problem error={error} onRetry={again} />;
  if (value === undefined) return <Loading />;
  const [one, { models }] = value;
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
              await asking(client.deleteCollection(collection));
              await readCollections();
              goTo(linkTo(['collections']));
            }}
          />
        </div>
      </section>
    </div>
  );
}
