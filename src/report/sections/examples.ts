import { type Example, type MetricEvaluation, metricTitles } from '../../eval/index.ts';
import { type Html, html } from '../html.ts';
import { leaf } from '../words.ts';

/** Thumbnails of items as data URIs; undefined for an item without one. */
export interface Thumbnails {
  query(id: string): string | undefined;
  gallery(id: string): string | undefined;
}

const shot = (kind: string, picture: string | undefined, label: string, note: string): Html =>
  html`<div class="shot ${kind}">${
    picture === undefined
      ? html`<div class="blank"></div>`
      : html`<img src="${picture}" alt="${label}" loading="lazy">`
  }<b>${note}</b><span>${label}</span></div>`;

const example = ({ id, label, neighbours }: Example, thumbnails: Thumbnails): Html =>
  html`<div class="example"><div class="row" title="${id}">
    ${shot('query', thumbnails.query(id), leaf(label), 'query')}
    ${neighbours.map((item) =>
      shot(
        item.right ? 'right' : 'wrong',
        thumbnails.gallery(item.id),
        leaf(item.label),
        `${item.right ? '✓' : '✗'} ${item.distance.toFixed(2)}`,
      ),
    )}
  </div></div>`;

/** Makes the rows of drawn queries with their nearest items. */
export function exampleGallery({ metric, examples }: MetricEvaluation, thumbnails: Thumbnails): Html {
  const group = (title: string, chosen: readonly Example[]): Html | null =>
    chosen.length === 0
      ? null
      : html`<h2>${title} (${metricTitles[metric]})</h2><p class="faint">Drawn at random. The query first, then its five nearest with their distance.</p>
        <div class="examples">${chosen.map((one) => example(one, thumbnails))}</div>`;
  return html`${group(
    'Failures',
    examples.filter(({ found }) => !found),
  )}${group(
    'Successes',
    examples.filter(({ found }) => found),
  )}`;
}
