import { counted } from '../../text.ts';
import { type Html, html, trusted } from '../html.ts';
import { renderPlot } from '../plot.ts';
import { style } from '../style.ts';
import { measureName, percent } from '../words.ts';
import { lossPlot, measurePlot, ranked, validationPlot } from './bakeoff-plots.ts';
import type { BakeoffReport, LossReport } from './bakeoff-report.ts';

type Figures = LossReport['figures'];

const pick = (figures: Figures | null, metric: string, name: string): Figures[number] | undefined =>
  figures?.find((figure) => figure.metric === metric && figure.name === name);

function meanCell(figures: Figures | null, metric: string, name: string): Html {
  const figure = pick(figures, metric, name);
  const spread = figure?.deviation == null ? '' : ` ± ${percent(figure.deviation)}`;
  return html`<td>${percent(figure?.mean)}${spread}</td>`;
}

const namesOf = ({ ks }: BakeoffReport): string[] => [
  ...ks.map((k) => `recall@${k}`),
  'r-precision',
  'map@r',
];

/** The largest distances on which a report is made, as columns of one table. */
function figureTable(report: BakeoffReport, metric: string): Html {
  const names = namesOf(report);
  const row = (title: string, figures: Figures | null, seeds: string, own: boolean): Html =>
    html`<tr${own && trusted(' class="own"')}><td>${title}</td>${names.map((name) => meanCell(figures, metric, name))}<td>${seeds}</td></tr>`;
  return html`<div class="scroll"><table><tr><th>${metric}</th>${names.map((name) => html`<th>${measureName(name)}</th>`)}<th>seeds</th></tr>
  ${ranked(report).map(({ loss, figures, seeds, planned }) => row(loss, figures, `${seeds.length} of ${planned}`, loss === report.baseline))}
  ${report.start !== null && row('not trained', report.start, '', false)}</table></div>`;
}

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${percent(Math.abs(value))}`;

function comparedTable(report: BakeoffReport): Html {
  const cells = ({ against }: LossReport, name: string): Html => {
    const one = against?.find((compared) => compared.name === name);
    if (one === undefined) return html`<td>–</td><td></td>`;
    const [low, high] = one.interval;
    const isClear = low > 0 || high < 0;
    return html`<td>${isClear ? html`<b>${signed(one.difference)}</b>` : signed(one.difference)}</td><td class="faint">${signed(low)} to ${signed(high)}</td>`;
  };
  const names = ['recall@1', 'map@r'];
  const others = ranked(report).filter(({ loss }) => loss !== report.baseline);
  return html`<h2>Beside ${report.baseline}, points</h2>
  <p class="faint">Differences of the same queries, each query's mean over seeds, with the 95 % interval of a paired bootstrap over queries; bold where it leaves 0 out. It says what another choice of queries would change, not what other seeds would.</p>
  <div class="scroll"><table><tr><th>loss</th>${names.map((name) => html`<th>${measureName(name)}</th><th>95 % interval</th>`)}</tr>
  ${others.map((loss) => html`<tr><td>${loss.loss}</td>${names.map((name) => cells(loss, name))}</tr>`)}</table></div>`;
}

function choiceTable({ losses, selection }: BakeoffReport): Html {
  const cell = ({ value, score, state }: LossReport['tried'][number]): string =>
    `${value}: ${state === 'done' ? percent(score ?? undefined) : state}`;
  return html`<h2>Chosen values</h2><p class="faint">${measureName(selection)} on the validation labels, %, by value.</p>
  <div class="scroll"><table class="narrow"><tr><th>loss</th><th>value</th><th>tried</th><th>chosen</th><th>batches</th><th>seconds a step</th></tr>
  ${losses.map(
    (
      loss,
    ) => html`<tr><td>${loss.loss}</td><td>${loss.setting ?? 'none'}${loss.fixed.map((one) => ` (${one})`)}</td><td>${loss.tried.map(cell).join('; ')}</td><td>${loss.chosen === null ? '–' : String(loss.chosen)}</td>
    <td>${loss.sampler}</td><td>${loss.secondsPerStep?.toFixed(3) ?? '–'}</td></tr>`,
  )}</table></div>`;
}

function missingList({ missing, jobs, losses }: BakeoffReport): Html {
  const failures = losses.flatMap((loss) => loss.failures);
  return html`${missing.length > 0 && html`<p><b>Not complete:</b> ${missing.length} of ${counted(jobs, 'job')} ${missing.length === 1 ? 'is' : 'are'} not done: ${missing.join(', ')}. What is here may change.</p>`}
  ${failures.length > 0 && html`<p><b>Failed:</b></p><ul>${failures.map(({ job, reason }) => html`<li>${job}: ${reason}</li>`)}</ul>`}`;
}

function publishedTable({ published, metric, losses }: BakeoffReport): Html | null {
  if (published === null) return null;
  const { ks, results } = published;
  return html`<h2>Beside the seed paper's table, Recall@K, %</h2>
  <p class="faint">Boudiaf and others, ECCV 2020, Table 4: other networks, budgets and rules than here.</p>
  <div class="scroll"><table><tr><th>method</th><th>distance</th><th>architecture</th>${ks.map((k) => html`<th>@${k}</th>`)}</tr>
  ${results.map((one) => html`<tr><td>${one.method}</td><td>${one.metric}</td><td>${one.architecture}</td>${one.recall.map((value) => html`<td>${value === null ? '–' : value.toFixed(1)}</td>`)}</tr>`)}
  ${losses.map(({ loss, figures }) => html`<tr class="own"><td>${loss}, here</td><td>${metric}</td><td></td>${ks.map((k) => html`<td>${percent(pick(figures, metric, `recall@${k}`)?.mean)}</td>`)}</tr>`)}
  </table></div>`;
}

const figure = (svg: string, caption: string): Html =>
  html`<figure>${trusted(svg)}<figcaption>${caption}</figcaption></figure>`;

async function plots(report: BakeoffReport): Promise<Html> {
  if (ranked(report).length === 0) return html``;
  return html`<h2>Plots</h2><div class="plots">
  ${figure(await renderPlot(measurePlot(report, 'recall@1')), 'Test labels: a dot for each seed, a bar at the mean.')}
  ${figure(await renderPlot(measurePlot(report, 'map@r')), 'The same for mAP@R.')}
  ${figure(await renderPlot(validationPlot(report)), 'Validation labels, the search with the chosen value.')}
  ${figure(await renderPlot(lossPlot(report)), 'Training loss of the first final training.')}</div>`;
}

/** Makes the page of a bake-off: self-contained, no script, nothing fetched. It says what is missing. */
export async function bakeoffPage(report: BakeoffReport): Promise<string> {
  const { metric, about, rules, createdAt, losses, machines } = report;
  const others = [...new Set(losses.flatMap(({ figures }) => figures.map((one) => one.metric)))];
  const title = `Bake-off of ${counted(losses.length, 'loss', 'losses')}`;
  const page = html`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title}</title><style>${trusted(style)}</style></head><body>
  <h1>${title}</h1><p class="faint">${createdAt.slice(0, 10)}, labels that were never trained on</p>
  ${missingList(report)}
  <h2>Test labels, %</h2><p class="faint">Mean ± standard deviation over seeds, the best mAP@R first.</p>${figureTable(report, metric)}
  ${comparedTable(report)}${choiceTable(report)}${await plots(report)}${publishedTable(report)}
  ${others.filter((other) => other !== metric).map((other) => html`<h2>By ${other}, %</h2>${figureTable(report, other)}`)}
  <h2>Rules</h2><ul>${rules.map((rule) => html`<li>${rule}</li>`)}</ul>
  <h2>How this was made</h2><dl>${about.map(({ name, value }) => html`<dt>${name}</dt><dd>${value}</dd>`)}<dt>On</dt><dd>${machines.join('; ')}</dd></dl>
  </body></html>`;
  return page.html;
}
