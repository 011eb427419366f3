import type { Evaluation, RankingRow } from '../../eval/index.ts';
import { counted } from '../../text.ts';
import { type Html, html } from '../html.ts';
import { measureName, percent } from '../words.ts';

const points = (share: number): string => `${share > 0 ? '+' : ''}${percent(share)}`;

function cells({ figures, missing }: RankingRow, columns: number): Html {
  if (missing !== null) return html`<td class="faint" colspan="${columns}">not computed: ${missing}</td>`;
  return html`${figures.map(
    ({ mean, change }) =>
      html`<td>${percent(mean)}</td><td class="faint">${change === null ? '' : `${points(change.difference)} [${change.interval.map(points).join(', ')}]`}</td>`,
  )}`;
}

/** Makes the table of what options that change the order of answers are worth; null if it was not measured. */
export function rankingTable({ ranking }: Evaluation): Html | null {
  if (ranking === undefined) return null;
  const { rows, queries, items, ks } = ranking;
  const names = [...ks.map((k) => `recall@${k}`), 'map@r'];
  const notes = rows.flatMap(({ title, note }) => (note === null ? [] : [html`<li>${title}: ${note}</li>`]));
  return html`<h2>Order of answers</h2>
  <p class="faint">By cosine, ${counted(queries, 'query', 'queries')} against ${counted(items, 'item')}, each option by itself. Beside each figure its change against the plain order (of products against their best item), with the 95 % interval of the paired difference; then the milliseconds that the option adds to a query.</p>
  <div class="scroll"><table class="wide"><tr><th></th>${names.map((name) => html`<th>${measureName(name)}, %</th><th>change, points</th>`)}<th>ms</th></tr>
  ${rows.map((row) => html`<tr><td>${row.title}</td>${cells(row, 2 * names.length)}<td>${row.milliseconds?.toFixed(1) ?? '–'}</td></tr>`)}
  </table></div>${notes.length > 0 && html`<ul class="faint">${notes}</ul>`}`;
}
