import type { ChanceCurve, CrossCheck, SeenBin, SeenShare } from '../matching/index.ts';
import { counted } from '../text.ts';
import { chancePlot, promisePlot, reliabilityPlot, tradeOffPlot } from './calibration-plots.ts';
import { type Html, html, trusted } from './html.ts';
import { renderPlot } from './plot.ts';
import { card } from './sections/headline.ts';
import { style } from './style.ts';
import { percent } from './words.ts';

/** The findings of a calibration, as a page shows them. */
export interface CalibrationFindings {
  readonly collection: string;
  readonly model: string;
  readonly calibratedAt: string;
  readonly items: number;
  readonly products: number;
  readonly category: string;
  readonly unknownShare: number;
  readonly known: number;
  readonly right: number;
  readonly pairs: number;
  readonly leastRate: number;
  readonly rivalWeight: number;
  readonly categories: readonly { readonly category: string | null; readonly pairs: number }[];
  readonly changed: number;
  readonly isDue: boolean;
  readonly misfit?: string | undefined;
  readonly curve: ChanceCurve;
  readonly curves: readonly { readonly category: string | null; readonly curve: ChanceCurve }[];
  readonly thresholds: readonly {
    readonly rate: number;
    readonly category?: string | null | undefined;
    readonly strength: number | null;
    readonly pairs: number;
  }[];
  readonly tradeOff: readonly { readonly rate: number; readonly falseRejects: number }[];
  readonly crossCheck?: CrossCheck | undefined;
}

/** Categories whose curve is drawn. */
const drawnCategories = 5;

const rateText = (rate: number): string => `${Number((100 * rate).toPrecision(3))} %`;

const nameOf = (category: string | null): string => category ?? 'none';

const shareCell = (seen: SeenShare | null): Html =>
  seen === null
    ? html`<td>–</td>`
    : html`<td>${percent(seen.share)} <span class="faint">[${percent(seen.low)}, ${percent(seen.high)}]</span></td>`;

const figure = async (plot: Parameters<typeof renderPlot>[0], caption: string): Promise<Html> =>
  html`<figure>${trusted(await renderPlot(plot))}<figcaption>${caption}</figcaption></figure>`;

const ratesOf = ({ thresholds }: CalibrationFindings): number[] => [
  ...new Set(thresholds.map(({ rate }) => rate)),
];

function stateOf({ changed, isDue, misfit }: CalibrationFindings): Html {
  if (misfit !== undefined)
    return html`<p><b>It is not used:</b> ${misfit === 'other-model' ? 'the collection has another model now' : 'too much of the collection has changed since'}. Calibrate again.</p>`;
  return html`<p>${rateText(changed)} of the collection has changed since${isDue ? ': calibrate again' : '; calibrate again at a fifth'}.</p>`;
}

async function promise(findings: CalibrationFindings, check: CrossCheck): Promise<Html> {
  const rows = check.rates.map(
    ({ rate, falseMatches, falseRejects, inHindsight }) =>
      html`<tr><td>${rateText(rate)}</td>${shareCell(falseMatches)}${shareCell(falseRejects)}<td>${percent(inHindsight)}</td></tr>`,
  );
  return html`<h2>False matches and false rejects</h2>
  <p class="faint">Searches for each ${check.parts === 5 ? 'fifth' : 'part'} of the products, judged by a calibration on the others. A false match: an answer to a search for a product that is not there. Intervals of 95 %, by products.</p>
  <div class="plots">${await figure(tradeOffPlot(check, ratesOf(findings)), 'False rejects by the rate of false matches; the points are thresholds that searches are likely to use.')}
  ${await figure(promisePlot(check), 'False matches that were seen, by the rate that was promised.')}</div>
  <div class="scroll"><table class="narrow"><tr><th>promised</th><th>false matches, %</th><th>not found or wrong, %</th><th>in hindsight, %</th></tr>${rows}</table></div>
  <p class="faint">In hindsight: not found or wrong by the best single threshold on the score that keeps the rate on these very searches.</p>`;
}

function tradeOffTable({ tradeOff }: CalibrationFindings): Html {
  return html`<h2>False matches and false rejects</h2><p>This calibration was not checked on searches that it does not know: it was made by an earlier release, or of too few products.</p>
  <div class="scroll"><table class="narrow"><tr><th>false matches</th><th>not found or wrong, %</th></tr>
  ${tradeOff.map(({ rate, falseRejects }) => html`<tr><td>${rateText(rate)}</td><td>${percent(falseRejects)}</td></tr>`)}</table></div>`;
}

async function chances(findings: CalibrationFindings): Promise<Html> {
  const { curve, curves, thresholds, rivalWeight, unknownShare, crossCheck } = findings;
  const binsOf = (category: string | null): readonly SeenBin[] =>
    crossCheck?.categories.find((one) => one.category === category)?.strengths ?? [];
  const shared = thresholds.filter(({ category }) => category === undefined);
  const drawn = curves.toSorted((a, b) => b.curve.outcomes - a.curve.outcomes).slice(0, drawnCategories);
  const all = await figure(
    chancePlot(curve, crossCheck?.strengths ?? [], shared),
    `All ${counted(curve.outcomes, 'answer')}; thresholds of categories without their own.`,
  );
  const each = drawn.map(({ category, curve: own }) => {
    const marked = shared.map(
      (one) => thresholds.find((other) => other.rate === one.rate && other.category === category) ?? one,
    );
    return figure(
      chancePlot(own, binsOf(category), marked),
      `${nameOf(category)}: ${counted(own.outcomes, 'answer')}.`,
    );
  });
  const reliability =
    crossCheck &&
    (await figure(
      reliabilityPlot(crossCheck),
      'Right answers by confidence, on searches that the calibration does not know.',
    ));
  return html`<h2>From score to confidence</h2>
  <p class="faint">The strength of an answer is its score${rivalWeight > 0 && html` less ${rivalWeight} of the score of the best other product`}. Points are what was seen, with intervals of 95 %; dashed lines are the thresholds of ${ratesOf(findings).map(rateText).join(' and ')}. ${rateText(unknownShare)} of the searches are taken to be for products that are not there.</p>
  <div class="plots">${reliability}${all}${await Promise.all(each)}</div>`;
}

function categoryTable(findings: CalibrationFindings): Html {
  const { categories, category: field, thresholds, crossCheck } = findings;
  const rates = ratesOf(findings);
  const row = ({ category, pairs }: CalibrationFindings['categories'][number]): Html => {
    const seen = crossCheck?.categories.find((one) => one.category === category)?.rates;
    const cells = rates.map((rate) => {
      const at = thresholds.filter((one) => one.rate === rate);
      const own = at.find((one) => one.category === category);
      const used = own ?? at.find((one) => one.category === undefined);
      const found = seen?.find((one) => one.rate === rate);
      return html`<td>${used?.strength?.toFixed(3) ?? '–'}<span class="faint">${own === undefined && ' shared'}</span></td>${shareCell(found?.falseMatches ?? null)}${shareCell(found?.falseRejects ?? null)}`;
    });
    return html`<tr><td>${nameOf(category)}</td><td>${pairs}</td>${cells}</tr>`;
  };
  const rest = categories.length - (crossCheck?.categories.length ?? categories.length);
  return html`<h2>By ${field} of the answer</h2><div class="scroll"><table class="narrow">
  <tr><th></th><th>pairs</th>${rates.map((rate) => html`<th>threshold of ${rateText(rate)}</th><th>false matches, %</th><th>not found or wrong, %</th>`)}</tr>
  ${categories.map(row)}</table></div>
  ${rest > 0 && html`<p class="faint">Of the most frequent ${crossCheck?.categories.length} is told what was seen.</p>`}
  <p class="faint">Thresholds that are shared rest on ${thresholds
    .filter(({ category }) => category === undefined)
    .map(({ rate, pairs }) => `${counted(pairs, 'pair')} at ${rateText(rate)}`)
    .join(' and ')}.</p>`;
}

/** Makes a report of what the scores of a collection are worth as one self-contained HTML page: no script, nothing fetched. */
export async function calibrationPage(findings: CalibrationFindings): Promise<string> {
  const { collection, model, calibratedAt, items, products, pairs, known, right, leastRate, crossCheck } =
    findings;
  const title = `Calibration: ${collection}`;
  const page = html`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title}</title><style>${trusted(style)}</style></head><body>
  <h1>${title}</h1><p class="faint">${model}, ${counted(items, 'item')} of ${counted(products, 'product')}, ${calibratedAt.slice(0, 10)}</p>
  <div class="cards">${card('Pairs', String(pairs), 'searches for a product that was left out')}
  ${card('Searches for what is there', String(known), `${percent(right / known)} % found it first`)}
  ${card('Least rate', rateText(leastRate), 'of false matches that so many pairs support')}</div>
  ${stateOf(findings)}
  ${crossCheck === undefined ? tradeOffTable(findings) : await promise(findings, crossCheck)}
  ${await chances(findings)}${categoryTable(findings)}
  </body></html>`;
  return page.html;
}
