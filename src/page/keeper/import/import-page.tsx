import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { english } from '../../english.ts';
import { messageOf } from '../../parts/format.ts';
import { Icon } from '../../parts/icon.tsx';
import { Notice } from '../../parts/notice.tsx';
import { linkTo } from '../../route.ts';
import type { LeftOut, Plan } from './entry.ts';
import { droppedFiles, givenFiles } from './given.ts';
import { planImport } from './plan.ts';
import { type ImportState, importState, resumeImport, runImport, steerImport } from './run-import.ts';

const words = english.import;
/** Most lines of what was left out that are shown; the file has all. */
const mostLines = 200;

type Chosen = readonly { readonly file: File; readonly path: string }[];

interface ChoiceProps {
  readonly label: string;
  readonly isFolder?: boolean;
  readonly accept?: string;
  readonly onChosen: (chosen: Chosen) => void;
}

function Choice({ label, isFolder = false, accept, onChosen }: ChoiceProps): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    input.current?.toggleAttribute('webkitdirectory', isFolder);
  }, [isFolder]);
  return (
    <>
      <button
        type="button"
        class={isFolder ? 'button main' : 'button'}
        onClick={() => input.current?.click()}
      >
        {label}
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        accept={accept}
        aria-label={label}
        onChange={({ currentTarget }) => {
          const files = [...(currentTarget.files ?? [])];
          currentTarget.value = '';
          onChosen(files.map((file) => ({ file, path: file.webkitRelativePath || file.name })));
        }}
      />
    </>
  );
}

function Given({ onChosen }: { onChosen: (chosen: Chosen) => void }): JSX.Element {
  return (
    <section
      class="hero"
      aria-labelledby="given"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        if (event.dataTransfer !== null) void droppedFiles(event.dataTransfer).then(onChosen);
      }}
    >
      <h2 id="given">{words.drop}</h2>
      <p>{words.lead}</p>
      <div class="row">
        <Choice label={words.folder} isFolder onChosen={onChosen} />
        <Choice label={words.files} accept=".csv,.jsonl,.ndjson,.zip,image/*" onChosen={onChosen} />
      </div>
      <small class="muted">{words.table}</small>
    </section>
  );
}

function saveList(list: readonly LeftOut[]): void {
  const cell = (text: string): string => `"${text.replace(/"/g, '""')}"`;
  const lines = list.map(({ id, reason }) => `${cell(id)},${cell(reason)}`);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([['id,reason', ...lines].join('\n')], { type: 'text/csv' }));
  link.download = 'left-out.csv';
  link.click();
  URL.revokeObjectURL(link.href);
}

const Left = ({ list }: { list: readonly LeftOut[] }): JSX.Element | null =>
  list.length === 0 ? null : (
    <details class="box">
      <summary>{words.leftOut(list.length)}</summary>
      <div class="stack">
        <button type="button" class="button small" onClick={() => saveList(list)}>
          {words.save}
        </button>
        <ul class="lines">
          {list.slice(0, mostLines).map(({ id, reason }, at) => (
            <li key={`${at} ${id}`}>
              <strong>{id}</strong> {reason}
            </li>
          ))}
        </ul>
      </div>
    </details>
  );

const Notes = ({ notes }: { notes: readonly string[] }): JSX.Element | null =>
  notes.length === 0 ? null : (
    <details class="box">
      <summary>{words.notes(notes.length)}</summary>
      <ul class="lines">
        {notes.slice(0, mostLines).map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
    </details>
  );

/** Writes seconds as people say them. */
const duration = (seconds: number): string =>
  seconds < 90 ? words.seconds(Math.round(seconds)) : words.minutes(Math.round(seconds / 60));

function Progress({ state }: { state: ImportState }): JSX.Element {
  const { phase, total, done, added, replaced, unchanged, leftOut, notes, ms, note } = state;
  const speed = ms > 0 ? (1000 * done) / ms : 0;
  const isOver = phase !== 'running' && phase !== 'paused';
  return (
    <section class="box stack" aria-labelledby="import-state">
      <h2 id="import-state">{words.phases[phase]}</h2>
      <progress max={Math.max(1, total)} value={done} aria-label={words.progress} />
      <p role="status">
        {words.done(done, total)}
        {speed > 0 && ` · ${words.speed(speed)}`}
        {!isOver && speed > 0 && ` · ${words.left(duration((total - done) / speed))}`}
      </p>
      {note !== '' && <p role="alert">{note}</p>}
      <p class="muted">{words.counts(added, replaced, unchanged, leftOut.length)}</p>
      <Steering state={state} />
      <Notes notes={notes} />
      <Left list={leftOut} />
    </section>
  );
}

function Steering({ state: { phase, collection } }: { state: ImportState }): JSX.Element {
  const isOver = phase !== 'running' && phase !== 'paused';
  if (isOver)
    return (
      <div class="row">
        {phase === 'failed' && (
          <button type="button" class="button main" onClick={() => void resumeImport()}>
            {words.retry}
          </button>
        )}
        <a class={phase === 'failed' ? 'button' : 'button main'} href={linkTo(['c', collection])}>
          {words.search}
        </a>
        <button type="button" class="button" onClick={() => (importState.value = undefined)}>
          {words.again}
        </button>
      </div>
    );
  return (
    <div class="row">
      <button
        type="button"
        class="button main"
        onClick={() => steerImport(phase === 'paused' ? 'running' : 'paused')}
      >
        {phase === 'paused' ? words.resume : words.pause}
      </button>
      <button type="button" class="button danger" onClick={() => steerImport('stopped')}>
        {words.stop}
      </button>
    </div>
  );
}

function Planned({
  plan,
  onStart,
  onCancel,
}: {
  plan: Plan;
  onStart: () => void;
  onCancel: () => void;
}): JSX.Element {
  return (
    <section class="box stack" aria-labelledby="planned">
      <h2 id="planned">{words.planned(plan.entries.length)}</h2>
      <div class="row">
        {plan.entries.length > 0 && (
          <button type="button" class="button main" onClick={onStart}>
            {words.start}
          </button>
        )}
        <button type="button" class="button" onClick={onCancel}>
          {words.cancel}
        </button>
      </div>
      <Left list={plan.leftOut} />
    </section>
  );
}

/** Imports a folder, a CSV file with its pictures, or a ZIP archive into a collection. */
export function ImportPage({ collection }: { collection: string }): JSX.Element {
  const [plan, setPlan] = useState<Plan>();
  const [problem, setProblem] = useState<string>();
  const state = importState.value;
  const onChosen = async (chosen: Chosen): Promise<void> => {
    if (chosen.length === 0) return;
    setProblem(undefined);
    try {
      setPlan(await planImport(await givenFiles(chosen)));
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  return (
    <div class="stack">
      <h1>{words.title(collection)}</h1>
      {problem !== undefined && (
        <Notice icon="alert" isBad title={words.failed}>
          <p role="alert">{problem}</p>
        </Notice>
      )}
      {state !== undefined && state.collection !== collection && (
        <p class="muted">
          <Icon name="alert" /> {words.elsewhere(state.collection)}
        </p>
      )}
      {state !== undefined ? (
        <Progress state={state} />
      ) : plan !== undefined ? (
        <Planned
          plan={plan}
          onStart={() => {
            setPlan(undefined);
            void runImport(collection, plan);
          }}
          onCancel={() => setPlan(undefined)}
        />
      ) : (
        <Given onChosen={(chosen) => void onChosen(chosen)} />
      )}
    </div>
  );
}
