import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { EvaluationSummary } from 'snapshelf/client';
import { asking, client } from '../api/client.ts';
import { english } from '../english.ts';
import { messageOf, when } from '../parts/format.ts';
import { useEvery, useLoad } from '../parts/load.ts';
import { Loading, Problem } from '../parts/notice.tsx';
import { linkTo } from '../route.ts';
import { isUnderWay, percent } from './evaluation.ts';

const words = english.evaluations;
/** Milliseconds between two looks at evaluations under way. */
const pollMs = 1000;

type Figured = Extract<EvaluationSummary, { readonly state: 'done' }>;

function Figures({ job: { figures } }: { job: Figured }): JSX.Element {
  const shown = Object.entries(figures ?? {}).flatMap(([metric, values]) =>
    Object.entries(values)
      .slice(0, 4)
      .map(([name, value]) => [`${metric} ${name}`, percent(value)] as const),
  );
  return (
    <ul class="chips">
      {shown.map(([name, value]) => (
        <li key={name}>{`${name}: ${value}`}</li>
      ))}
    </ul>
  );
}

function Job({
  collection,
  job,
  onChange,
}: {
  collection: string;
  job: EvaluationSummary;
  onChange: () => void;
}): JSX.Element {
  const { id, state, createdAt, progress } = job;
  const drop = (): void => void asking(client.deleteEvaluation(collection, id)).then(onChange, onChange);
  return (
    <li class="box stack">
      <div class="row">
        <h2>{words.states[state]}</h2>
        <span class="muted">{when(createdAt)}</span>
      </div>
      {state === 'running' && progress !== null && (
        <>
          <progress max={Math.max(1, progress.total)} value={progress.done} aria-label={words.progress} />
          <span role="status">{words.stage(progress.stage, progress.done, progress.total)}</span>
        </>
      )}
      {job.state === 'failed' && <p role="alert">{job.error?.detail}</p>}
      {job.state === 'done' && <Figures job={job} />}
      <div class="row">
        {state === 'done' && (
          <a class="button small main" href={linkTo(['c', collection, 'evaluations', id])}>
            {words.read}
          </a>
        )}
        <button type="button" class="button small" onClick={drop}>
          {isUnderWay(job) ? words.cancel : words.remove}
        </button>
      </div>
    </li>
  );
}

function Start({ collection, onStarted }: { collection: string; onStarted: () => void }): JSX.Element {
  const [problem, setProblem] = useState<string>();
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    setProblem(undefined);
    const data = new FormData(event.currentTarget as HTMLFormElement);
    const ks = String(data.get('ks'))
      .split(/[\s,]+/)
      .filter(Boolean)
      .map(Number);
    const fields = { ks, index: data.get('index') === 'on' };
    asking(client.startEvaluation(collection, fields)).then(onStarted, (error: unknown) =>
      setProblem(messageOf(error)),
    );
  };
  return (
    <form class="box stack" aria-labelledby="evaluate" onSubmit={onSubmit}>
      <h2 id="evaluate">{words.startTitle}</h2>
      <p class="muted">{words.lead}</p>
      <label class="field">
        <span>{words.ks}</span>
        <input type="text" name="ks" required pattern="\s*\d+([\s,]+\d+)*\s*" defaultValue="1, 5, 10" />
      </label>
      <label class="check">
        <input type="checkbox" name="index" defaultChecked />
        {words.index}
      </label>
      {problem !== undefined && <p role="alert">{problem}</p>}
      <div class="row">
        <button type="submit" class="button main">
          {words.start}
        </button>
      </div>
    </form>
  );
}

/** Starts evaluations of a collection and lists them. */
export function EvaluationsPage({ collection }: { collection: string }): JSX.Element {
  const loaded = useLoad((signal) => client.listEvaluations(collection, { signal }), [collection]);
  const { value, error, again } = loaded;
  useEvery(pollMs, loaded, value?.evaluations.some(isUnderWay) === true);
  if (error !== undefined) return <Problem error={error} onRetry={again} />;
  return (
    <div class="stack">
      <h1>{words.title(collection)}</h1>
      <Start collection={collection} onStarted={again} />
      {value === undefined && <Loading />}
      <ul class="boxes">
        {(value?.evaluations ?? []).map((job) => (
          <Job key={job.id} collection={collection} job={job} onChange={again} />
        ))}
      </ul>
    </div>
  );
}
