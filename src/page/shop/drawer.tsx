import type { JSX } from 'preact';
import type { SearchPage } from 'snapshelf/client';
import { english } from '../english.ts';
import { DraftInput } from '../parts/draft-input.tsx';
import { isOnePhoto, options, setOption } from './query.ts';

const { drawer } = english;

const how = ({ searched: { kind, ef, candidates } }: SearchPage): string => {
  if (kind === 'exact') return drawer.exact(candidates);
  return kind === 'hnsw' && ef !== null ? drawer.hnsw(ef, candidates) : drawer.mixed(kind, candidates);
};

function Stages({ timings }: Pick<SearchPage, 'timings'>): JSX.Element {
  const { totalMs = 0, ...stages } = timings;
  const most = Math.max(totalMs, 0.001);
  return (
    <ul class="stages" aria-label={drawer.stages}>
      {Object.entries(stages).map(([stage, ms]) => (
        <li key={stage}>
          <span>{drawer.stage[stage] ?? stage}</span>
          <span>{drawer.ms(ms)}</span>
          <span class="bar" style={{ width: `${Math.min(100, (100 * ms) / most)}%` }} />
        </li>
      ))}
      <li class="total">
        <span>{drawer.stage['totalMs']}</span>
        <span>{drawer.ms(totalMs)}</span>
      </li>
    </ul>
  );
}

/** Rates of false matches that are offered, where the calibration supports them. */
const rates = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5];

function Strictness({ leastRate }: { leastRate: number }): JSX.Element {
  const { maxFalseMatch } = options.value;
  const supported = rates.filter((rate) => rate >= leastRate).slice(0, 5);
  const offered =
    maxFalseMatch === undefined || supported.includes(maxFalseMatch)
      ? supported
      : [maxFalseMatch, ...supported];
  return (
    <label class="field">
      <span>{drawer.maxFalseMatch}</span>
      <select
        value={maxFalseMatch ?? ''}
        onChange={({ currentTarget }) => setOption('maxFalseMatch', currentTarget.value || undefined)}
      >
        <option value="">{drawer.everything}</option>
        {offered.map((rate) => (
          <option key={rate} value={rate}>
            {drawer.rate(rate)}
          </option>
        ))}
      </select>
    </label>
  );
}

const Choices = ({ leastRate }: { leastRate: number | undefined }): JSX.Element => (
  <div class="stack">
    <label class="check">
      <input
        type="checkbox"
        checked={options.value.exact}
        onChange={({ currentTarget }) => setOption('exact', currentTarget.checked ? '1' : undefined)}
      />
      {drawer.exactChoice}
    </label>
    <label class="check">
      <input
        type="checkbox"
        checked={options.value.group === 'item'}
        onChange={({ currentTarget }) => setOption('group', currentTarget.checked ? 'item' : undefined)}
      />
      {drawer.itemsChoice}
    </label>
    <label class="field">
      <span>{drawer.ef}</span>
      <DraftInput
        type="number"
        min={1}
        max={10_000}
        placeholder={drawer.efDefault}
        disabled={options.value.exact}
        value={String(options.value.ef ?? '')}
        onCommit={(text) => setOption('ef', Number(text) >= 1 ? text : undefined)}
      />
    </label>
    {leastRate !== undefined && isOnePhoto.value && <Strictness leastRate={leastRate} />}
  </div>
);

/** A drawer that says how an answer was found and how long each stage took, and lets experts change it. */
export const Drawer = ({ answer }: { answer: SearchPage | undefined }): JSX.Element => (
  <details class="box drawer">
    <summary>{drawer.title}</summary>
    <div class="stack">
      {answer !== undefined && (
        <>
          <dl class="facts">
            <dt>{drawer.model}</dt>
            <dd title={answer.model?.id}>{answer.model?.name}</dd>
            <dt>{drawer.metric}</dt>
            <dd>{answer.metric}</dd>
            <dt>{drawer.search}</dt>
            <dd>{how(answer)}</dd>
          </dl>
          <h3>{drawer.stages}</h3>
          <Stages timings={answer.timings} />
        </>
      )}
      <Choices
        leastRate={
          answer?.calibration?.leastRate ?? (options.value.maxFalseMatch === undefined ? undefined : 0)
        }
      />
    </div>
  </details>
);
