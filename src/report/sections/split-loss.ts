import { type Evaluation, metricTitles, type SplitRow } from '../../eval/index.ts';
import { counted } from '../../text.ts';
import { type Html, html } from '../html.ts';
import { measureName, percent } from '../words.ts';

const points = (share: number): string => `${share > 0 ? '+' : ''}${percent(share)}`;

const milliseconds = ({ milliseconds: time }: SplitRow): string =>
  time === null ? '–' : `${time.median.toFixed(time.median < 10 ? 2 : 0)} (${time.of})`;

function cells({ figures, missing }: SplitRow, columns: number): Html {
  if (missing !== null)
    return html`<td class="faint left" colspan="${columns}">not computed: ${missing}</td>`;
  return html`${figures.map(
    ({ mean, change }) =>
      html`<td>${percent(mean)}<br><span class="faint">${change === null ? ' ' : `${points(change.difference)} [${change.interval.map(points).join(', ')}]`}</span></td>`,
  )}`;
}

/** Makes the table of where recall is lost; null if it was not measured. */
export function splitLossTable({ splitLoss }: Evaluation, plot: Html): Html | null {
  if (splitLoss === undefined) return null;
  const { metric, rows, queries, items, ks } = splitLoss;
  const names = [...ks.map((k) => `recall@${k}`), 'map@r'];
  const notes = rows.flatMap(({ title, note }) => (note === null ? [] : [html`<li>${title}: ${note}</li>`]));
  return html`<h2>Where recall is lost</h2>
  <p class="faint">${metricTitles[metric]}, ${counted(queries, 'query', 'queries')} against ${counted(items, 'item')}. Below each figure its change against the line above, with the 95 % interval of the paired difference.</p>
  <div class="plots"><figure>${plot}<figcaption>Recall@1 and mAP@R from the picture to the answer.</figcaption></figure></div>
  <div class="scroll"><table class="wide"><tr><th></th>${names.map((name) => html`<th>${measureName(name)}, %</th>`)}<th>ms</th><th>bytes per item</th></tr>
  ${rows.map((row) => html`<tr><td>${row.title}</td>${cells(row, names.length)}<td>${milliseconds(row)}</td><td>${row.bytesPerItem?.toFixed(0) ?? '–'}</td></tr>`)}
  </table></div>${notes.length > 0 && html`<ul class="faint">${notes}</ul>`}`;
}
