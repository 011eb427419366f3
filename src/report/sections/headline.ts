import { type Evaluation, type MeasureSet, type MetricEvaluation, metricTitles } from '../../eval/index.ts';
import { counted } from '../../text.ts';
import { type Html, html, trusted } from '../html.ts';
import { intervalOf, measureName, measureOf, percent } from '../words.ts';

/** Makes a card of one figure. */
export const card = (title: string, big: string, small: string): Html =>
  html`<div class="card"><span class="faint">${title}</span><b>${big}</b><span class="faint">${small}</span></div>`;

/** Makes the cards of the figures that people quote. */
export function headline({ results, queries, gallery, lone }: Evaluation): Html {
  const cards = results.map(({ metric, main }) => {
    const figure = measureOf(main, 'recall@1');
    return card(
      `Recall@1, ${metricTitles[metric]}`,
      `${percent(figure?.mean)} %`,
      `95 %: ${intervalOf(figure)}`,
    );
  });
  const best = results[0];
  const map = measureOf(best?.main ?? null, 'map@r');
  return html`<div class="cards">${cards}
    ${best && card(`mAP@R, ${metricTitles[best.metric]}`, `${percent(map?.mean)} %`, `95 %: ${intervalOf(map)}`)}
    ${card('Queries', String(queries.count), `${lone.length} without a relevant item`)}
    ${card('Gallery', String(gallery.count), counted(gallery.labels, 'label'))}</div>`;
}

/** Makes the table of all figures with their intervals. */
export function measureTable({ results }: Evaluation): Html {
  const names = results[0]?.main.figures.map(({ name }) => name) ?? [];
  const cells = (result: MetricEvaluation, name: string): Html => {
    const figure = measureOf(result.main, name);
    return html`<td>${percent(figure?.mean)}</td><td class="faint">${intervalOf(figure)}</td><td>${percent(figure?.perLabel)}</td>`;
  };
  return html`<h2>Figures, %</h2><div class="scroll"><table>
    <tr><th></th>${results.map(({ metric }) => html`<th>${metricTitles[metric]}</th><th>95 % interval</th><th>per label</th>`)}</tr>
    ${names.map((name) => html`<tr><td>${measureName(name)}</td>${results.map((result) => cells(result, name))}</tr>`)}
  </table></div>`;
}

const rules: readonly (readonly [string, (result: MetricEvaluation) => MeasureSet | null])[] = [
  ['Queries without a relevant item left out', (result) => result.withoutLone],
  ['Queries without a relevant item as misses', (result) => result.loneAsMisses],
  ['Pictures identical to the query left out of the gallery', (result) => result.withoutIdentical],
  ["The seed paper's convention: first hit dropped, misses counted", (result) => result.paper],
];

function ruleTable(result: MetricEvaluation, ks: readonly number[], headlineRow: number): Html {
  const figure = measureOf(result.main, 'recall@1');
  const row = (title: string, set: MeasureSet | null, own: boolean): Html =>
    html`<tr${own && trusted(' class="own"')}><td>${title}</td>${ks.map((k) => html`<td>${percent(measureOf(set, `recall@${k}`)?.mean)}</td>`)}</tr>`;
  return html`<div class="scroll"><table class="wide"><tr><th>${metricTitles[result.metric]}</th>${ks.map((k) => html`<th>@${k}</th>`)}</tr>
  ${rules.map(([title, pick], at) => pick(result) !== null && row(title, pick(result), at === headlineRow))}</table></div>
  <p class="faint">Equal distances: ${counted(result.tied, 'query has', 'queries have')} a figure that depends on their order; Recall@1 lies from ${percent(figure?.pessimistic)} to ${percent(figure?.optimistic)} whatever the order.</p>`;
}

/** Makes the tables of the same queries under other rules, which show the effect of the rules. */
export const ruleTables = ({ results, convention, ks }: Evaluation): Html =>
  html`<h2>Recall@K under other rules, %</h2>${results.map((result) => ruleTable(result, ks, convention === 'paper' ? 3 : 0))}`;
