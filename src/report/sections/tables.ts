import { defaultKs, type Evaluation, type MetricEvaluation, metricTitles } from '../../eval/index.ts';
import { counted } from '../../text.ts';
import { type Html, html, trusted } from '../html.ts';
import { measureOf, percent } from '../words.ts';

/** Makes the seed paper's table with this run in it; null if it has none for the protocol. */
export function publishedTable({ published, results, subject }: Evaluation): Html | null {
  if (published === null) return null;
  const ks = defaultKs[subject.protocol];
  const own = (result: MetricEvaluation): Html =>
    html`<tr class="own"><td>this run (${subject.model?.name ?? 'vectors'})</td><td>${metricTitles[result.metric]}</td><td>${subject.model?.architecture ?? ''}</td>
    ${ks.map((k) => html`<td>${percent(measureOf(result.paper, `recall@${k}`)?.mean)}</td>`)}</tr>`;
  return html`<h2>Beside the seed paper's table, Recall@K, %</h2>
  <p class="faint">This run under the paper's convention. Published figures: Boudiaf and others, ECCV 2020, Table 4.</p>
  <div class="scroll"><table><tr><th>method</th><th>distance</th><th>architecture</th>${ks.map((k) => html`<th>@${k}</th>`)}</tr>
  ${published.map(
    ({
      method,
      metric,
      architecture,
      recall,
    }) => html`<tr><td>${method}</td><td>${metricTitles[metric]}</td><td>${architecture}</td>
    ${recall.map((value) => html`<td>${value === null ? '–' : value.toFixed(1)}</td>`)}</tr>`,
  )}
  ${results.map(own)}</table></div>`;
}

/** Makes the table of the labels with the lowest Recall@1. */
export function worstTable({ metric, worstLabels }: MetricEvaluation): Html {
  return html`<h2>Worst labels (${metricTitles[metric]})</h2><div class="scroll"><table>
  <tr><th>label</th><th>queries</th><th>gallery items</th><th>Recall@1, %</th><th>R-Precision, %</th></tr>
  ${worstLabels.map(({ label, queries, galleryItems, recallAt1, rPrecision }) => html`<tr><td>${label}</td><td>${queries}</td><td>${galleryItems}</td><td>${percent(recallAt1)}</td><td>${percent(rPrecision)}</td></tr>`)}
  </table></div>`;
}

/** Makes the table of the labels that are taken for others; null if there are none, or the report is of an earlier release. */
export function confusionTable({ metric, confusions = [] }: MetricEvaluation): Html | null {
  if (confusions.length === 0) return null;
  return html`<h2>Confused labels (${metricTitles[metric]})</h2><p class="faint">Queries whose nearest item has another label.</p>
  <div class="scroll"><table class="narrow"><tr><th>label</th><th>taken for</th><th>queries</th></tr>
  ${confusions.map(({ label, as, queries }) => html`<tr><td>${label}</td><td>${as}</td><td>${queries}</td></tr>`)}
  </table></div>`;
}

/** Makes the list of pictures that are there under several labels; null if there are none. */
export function conflictList({ labelConflicts }: Evaluation): Html | null {
  if (labelConflicts == null || labelConflicts.pictures === 0) return null;
  const { pictures, shown } = labelConflicts;
  return html`<h2>Label errors</h2>
  <p><b>${pictures}</b> pictures are there under several labels${shown.length < pictures && html`; the first ${shown.length}`}:</p>
  <ul>${shown.map((items) => html`<li>${items.map(({ side, id, label }, at) => html`${at > 0 && ' = '}${side} ${id} (<b>${label}</b>)`)}</li>`)}</ul>`;
}

/** Makes the table of HNSW beside exact search; null if they were not compared. */
export function indexTable({ index }: Evaluation, plot: Html): Html | null {
  if (index === null) return null;
  const { exact, sweep, liveEf, k, ks, m, efConstruction, queries, metric, buildSeconds } = index;
  const live = sweep.find(({ ef }) => ef === liveEf);
  const lost = 1 - (exact.recall[0] ?? 0);
  const byIndex = (exact.recall[0] ?? 0) - (live?.recall[0] ?? 0);
  const rows = sweep.map(
    ({
      ef,
      indexRecall,
      recall,
      queriesPerSecond,
    }) => html`<tr${ef === liveEf && trusted(' class="own"')}><td>HNSW, ef ${ef}${ef === liveEf && ' (live)'}</td><td>${percent(indexRecall)}</td>
    ${recall.map((value) => html`<td>${percent(value)}</td>`)}<td>${queriesPerSecond.toFixed(0)}</td></tr>`,
  );
  return html`<h2>The index beside the model</h2>
  <p>Of the queries, ${percent(lost)} % miss at K = 1 by exact search: that is the model's part. At its live settings the index ${byIndex > 0 ? `loses ${percent(byIndex)} points more` : byIndex < 0 ? `happens to gain ${percent(-byIndex)} points` : 'loses nothing on top'}.</p>
  <p class="faint">${metricTitles[metric]}, M ${m}, efConstruction ${efConstruction}, built in ${buildSeconds.toFixed(1)} s; ${counted(queries, 'query', 'queries')}. Index recall@${k} is the share of the true ${k} nearest that HNSW finds. Speeds are those of one thread with the vectors in memory; exact is the scan that a collection does.</p>
  <div class="plots"><figure>${plot}<figcaption>Index recall by speed.</figcaption></figure></div><div class="scroll"><table class="narrow">
  <tr><th></th><th>index recall@${k}, %</th>${ks.map((at) => html`<th>Recall@${at}, %</th>`)}<th>queries/s</th></tr>
  <tr><td>exact</td><td>100.0</td>${exact.recall.map((value) => html`<td>${percent(value)}</td>`)}<td>${exact.queriesPerSecond.toFixed(0)}</td></tr>
  ${rows}</table></div>`;
}
