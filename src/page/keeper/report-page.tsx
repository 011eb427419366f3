import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { EvaluationReport } from 'snapshelf/client';
import { asking, client } from '../api/client.ts';
import { english } from '../english.ts';
import { messageOf } from '../parts/format.ts';
import { useLoad } from '../parts/load.ts';
import { Loading, Problem } from '../parts/notice.tsx';
import { linkTo } from '../route.ts';
import { percent } from './evaluation.ts';

const words = english.evaluations;

type Result = EvaluationReport['results'][number];

const Measures = ({ result: { metric, main } }: { result: Result }): JSX.Element => (
  <section class="box stack">
    <h2>{words.measures(metric, main.queries, main.labels)}</h2>
    <table>
      <thead>
        <tr>
          <th scope="col">{words.measure}</th>
          <th scope="col">{words.mean}</th>
          <th scope="col">{words.interval}</th>
        </tr>
      </thead>
      <tbody>
        {main.figures.map(({ name, mean, interval: [low, high] }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{percent(mean)}</td>
            <td>{words.range(percent(low), percent(high))}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </section>
);

const Worst = ({ result: { worstLabels } }: { result: Result }): JSX.Element | null =>
  worstLabels.length === 0 ? null : (
    <section class="box stack">
      <h2>{words.worst}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">{english.filters.label}</th>
            <th scope="col">{words.queries}</th>
            <th scope="col">{words.recallAt1}</th>
          </tr>
        </thead>
        <tbody>
          {worstLabels.slice(0, 10).map(({ label, queries, recallAt1 }) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td>{queries}</td>
              <td>{percent(recallAt1)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );

/** Saves the whole report, with its plots and examples, as a page to be opened: this page lets no other styles in. */
async function savePage(collection: string, id: string): Promise<void> {
  const page = new Blob([await asking(client.getReportPage(collection, id))], { type: 'text/html' });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(page);
  link.download = 'evaluation.html';
  link.click();
  URL.revokeObjectURL(link.href);
}

/** The report of an evaluation: its measures here, plots and examples in a page to save. */
export function ReportPage({ collection, id }: { collection: string; id: string }): JSX.Element {
  const { value, error, again } = useLoad(
    (signal) => client.getReport(collection, id, { signal }),
    [collection, id],
  );
  const [problem, setProblem] = useState<string>();
  if (error !== undefined) return <Problem error={error} onRetry={again} />;
  if (value === undefined) return <Loading />;
  return (
    <div class="stack">
      <h1>{words.reportTitle(collection)}</h1>
      {value.results.map((result) => (
        <div key={result.metric} class="boxes wide">
          <Measures result={result} />
          <Worst result={result} />
        </div>
      ))}
      {problem !== undefined && <p role="alert">{problem}</p>}
      <div class="row">
        <button
          type="button"
          class="button main"
          onClick={() =>
            void savePage(collection, id).catch((error_: unknown) => setProblem(messageOf(error_)))
          }
        >
          {words.save}
        </button>
        <a class="button" href={linkTo(['c', collection, 'evaluations'])}>
          {words.back}
        </a>
      </div>
    </div>
  );
}
