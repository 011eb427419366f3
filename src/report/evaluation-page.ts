import { type Evaluation, metricTitles } from '../eval/index.ts';
import { histogramPlot, recallCurve, splitLossPlot, sweepPlot } from './evaluation-plots.ts';
import { type Html, html, trusted } from './html.ts';
import { renderPlot } from './plot.ts';
import { exampleGallery, type Thumbnails } from './sections/examples.ts';
import { headline, measureTable, ruleTables } from './sections/headline.ts';
import { rankingTable } from './sections/ranking.ts';
import { splitLossTable } from './sections/split-loss.ts';
import { conflictList, confusionTable, indexTable, publishedTable, worstTable } from './sections/tables.ts';
import { style } from './style.ts';
import { shortPath } from './words.ts';

const noPictures: Thumbnails = { query: () => undefined, gallery: () => undefined };

function title({ subject }: Evaluation): string {
  const names = subject.queries.map(shortPath).join(', ');
  return `Recall report: ${names}${subject.model === null ? '' : `, ${subject.model.name}`}`;
}

function about({ subject, circumstances: made, dimension, seed }: Evaluation): Html {
  const { model } = subject;
  const facts: readonly (readonly [string, string])[] = [
    [
      'Protocol',
      subject.gallery === null ? `${subject.protocol}: each query among all the others` : subject.protocol,
    ],
    ['Queries', subject.queries.join(', ')],
    ['Gallery', subject.gallery?.join(', ') ?? 'the queries'],
    [
      'Model',
      model === null
        ? 'vectors from elsewhere'
        : `${model.name} (${model.architecture}), SHA-256 ${model.id}`,
    ],
    ['Numbers per embedding', String(dimension)],
    ['Made', `${made.createdAt} in ${made.seconds.toFixed(1)} s, seed ${seed}`],
    [
      'By',
      `Snapshelf ${made.version}${made.commit === null ? '' : ` (${made.commit.slice(0, 10)})`}, Node ${made.node}, ${made.provider}`,
    ],
    ['On', `${made.cpu}, ${made.cores} cores, ${made.memoryGiB} GiB`],
    ['Command', made.command],
  ];
  return html`<h2>How this was made</h2><dl>${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

const figure = (svg: string, caption: string): Html =>
  html`<figure>${trusted(svg)}<figcaption>${caption}</figcaption></figure>`;

async function plots(evaluation: Evaluation): Promise<Html> {
  const histograms = await Promise.all(
    evaluation.results.map(async (result) =>
      figure(
        await renderPlot(histogramPlot(result)),
        `Distances of drawn pairs, ${metricTitles[result.metric]}.`,
      ),
    ),
  );
  return html`<h2>Curves</h2><div class="plots">${figure(await renderPlot(recallCurve(evaluation)), 'Recall@K with its 95 % interval.')}${histograms}</div>`;
}

/** Makes a report as one self-contained HTML page: no script, nothing fetched. */
export async function evaluationPage(
  evaluation: Evaluation,
  thumbnails: Thumbnails = noPictures,
): Promise<string> {
  const { results, index, rules, subject, identical, ksLeftOut = [] } = evaluation;
  const sweep = index === null ? html`` : trusted(await renderPlot(sweepPlot(index)));
  const split =
    evaluation.splitLoss === undefined
      ? html``
      : trusted(await renderPlot(splitLossPlot(evaluation.splitLoss)));
  const [first] = results;
  const page = html`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title(evaluation)}</title><style>${trusted(style)}</style></head><body>
  <h1>${title(evaluation)}</h1><p class="faint">${subject.protocol}, ${evaluation.circumstances.createdAt.slice(0, 10)}</p>
  ${headline(evaluation)}
  ${identical !== null && identical.length > 0 && html`<p><b>${identical.length}</b> queries have their own picture in the gallery too, byte for byte; the table of rules has the figures without them.</p>`}
  ${ksLeftOut.length > 0 && html`<p>Left out K ${ksLeftOut.join(', ')}: the gallery is smaller.</p>`}
  ${first?.main.figures.length === 0 && html`<p><b>No query counts:</b> none has a relevant item in the gallery.</p>`}
  ${measureTable(evaluation)}${ruleTables(evaluation)}${publishedTable(evaluation)}${await plots(evaluation)}${splitLossTable(evaluation, split)}${rankingTable(evaluation)}${indexTable(evaluation, sweep)}
  ${conflictList(evaluation)}${results.map(worstTable)}${results.map(confusionTable)}${first && exampleGallery(first, thumbnails)}
  <h2>Rules</h2><ul>${rules.map((rule) => html`<li>${rule}</li>`)}</ul>${about(evaluation)}
  </body></html>`;
  return page.html;
}
