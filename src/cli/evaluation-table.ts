import {
  type Comparison,
  type Evaluation,
  type MetricEvaluation,
  metricTitles,
  type RankingComparison,
  type SplitLoss,
} from '../eval/index.ts';
import { counted } from '../text.ts';
import { describeMetric, nameMetric } from '../vectors/index.ts';
import { plain } from './run.ts';

/** A share as a percentage with one decimal. */
export const percent = (share: number): string => (100 * share).toFixed(1);

const some = (ids: readonly string[]): string =>
  `${ids.slice(0, 5).join(', ')}${ids.length > 5 ? ', ...' : ''}`;

const signed = (share: number): string => `${share > 0 ? '+' : ''}${percent(share)}`;

/** Lays out rows of text in columns as wide as they need. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
        .join('  '),
    )
    .join('\n');
}

function figureRows(results: readonly MetricEvaluation[]): string[][] {
  const [first] = results;
  const head = [
    '%',
    ...results.flatMap(({ metric }) => [metricTitles[metric], '95 % interval', 'per label']),
  ];
  const rows = (first?.main.figures ?? []).map(({ name }, at) => [
    name,
    ...results.flatMap(({ main }) => {
      const figure = main.figures[at];
      if (figure === undefined) return ['', '', ''];
      return [percent(figure.mean), figure.interval.map(percent).join(' to '), percent(figure.perLabel)];
    }),
  ]);
  return [head, ...rows];
}

/** Pairs of labels and pictures that the command line shows; the report has more. */
const mostShown = 5;

const recallAt1 = ({ withoutIdentical }: MetricEvaluation): string => {
  const figure = withoutIdentical?.figures.find(({ name }) => name === 'recall@1');
  return figure === undefined ? 'nothing is left without it' : `Recall@1 without it ${percent(figure.mean)}`;
};

/** Prints what spoils figures: pictures on both sides, labels that contradict each other, K that mean nothing. */
function printDoubts({
  identical,
  labelConflicts,
  ksLeftOut = [],
  gallery,
  subject,
  results,
}: Evaluation): void {
  const [first] = results;
  if (ksLeftOut.length > 0) {
    const items = subject.gallery === null ? `${gallery.count - 1} others` : counted(gallery.count, 'item');
    console.log(`left out K ${ksLeftOut.join(', ')}: a query is searched among ${items} only`);
  }
  if (identical !== null && identical.length > 0 && first !== undefined)
    console.log(
      `warning: ${counted(identical.length, 'query has its', 'queries have their')} own picture in the gallery too (${metricTitles[first.metric]}: ${recallAt1(first)})`,
    );
  if (labelConflicts == null || labelConflicts.pictures === 0) return;
  const shown = labelConflicts.shown
    .slice(0, mostShown)
    .map((items) => `${items.map(({ side, id, label }) => `${side} ${id} (${label})`).join(' = ')}`);
  const more = labelConflicts.pictures > mostShown ? '; ...' : '';
  console.log(
    `warning: label errors, ${counted(labelConflicts.pictures, 'picture is', 'pictures are')} there under several labels: ${shown.join('; ')}${more}`,
  );
}

/** Prints the labels that are taken for others. */
function printConfusions({ metric, confusions = [] }: MetricEvaluation): void {
  if (confusions.length === 0) return;
  const shown = confusions.slice(0, mostShown).map(({ label, as, queries }) => `${label} → ${as} ${queries}`);
  console.log(
    `confused most (${metricTitles[metric]}): ${shown.join(', ')}${confusions.length > mostShown ? ', ...' : ''}`,
  );
}

const points = ([low, high]: readonly [number, number]): string => `${signed(low)} to ${signed(high)}`;

/** Prints where recall is lost, a line for each stage. */
function printSplitLoss({ rows, metric, queries, ks }: SplitLoss): void {
  const names = [...ks.map((k) => `recall@${k}`), 'map@r'];
  const head = ['%', ...names.flatMap((name) => [name, 'change']), 'ms', 'bytes per item'];
  const lines = rows
    .filter(({ missing }) => missing === null)
    .map(({ title, figures, milliseconds, bytesPerItem }) => [
      title,
      ...figures.flatMap(({ mean, change }) => [
        percent(mean),
        change === null ? '' : `${signed(change.difference)} (${points(change.interval)})`,
      ]),
      milliseconds === null ? '' : `${milliseconds.median.toFixed(2)} ${milliseconds.of}`,
      bytesPerItem?.toFixed(0) ?? '',
    ]);
  console.log(
    `where recall is lost (${metricTitles[metric]}, ${counted(queries, 'query', 'queries')}; change against the line above, with its 95 % interval):`,
  );
  console.log(table([head, ...lines]));
  for (const { title, missing, note } of rows) {
    if (missing !== null) console.log(`not computed: ${title}. ${missing}`);
    else if (note !== null) console.log(`${title}: ${note}`);
  }
}

/** Prints what options of ranking are worth, a line for each. */
function printRanking({ rows, queries, ks }: RankingComparison): void {
  const names = [...ks.map((k) => `recall@${k}`), 'map@r'];
  const head = ['%', ...names.flatMap((name) => [name, 'change']), 'ms more'];
  const lines = rows
    .filter(({ missing }) => missing === null)
    .map(({ title, figures, milliseconds }) => [
      title,
      ...figures.flatMap(({ mean, change }) => [
        percent(mean),
        change === null ? '' : `${signed(change.difference)} (${points(change.interval)})`,
      ]),
      milliseconds?.toFixed(1) ?? '',
    ]);
  console.log(
    `order of answers (${metricTitles.cosine}, ${counted(queries, 'query', 'queries')}; change against plain, of products against views max, with its 95 % interval):`,
  );
  console.log(table([head, ...lines]));
  for (const { title, missing, note } of rows)
    if ((missing ?? note) !== null)
      console.log(`${title}: ${missing === null ? note : `not computed. ${missing}`}`);
}

/** Prints the figures of an evaluation. */
export function printEvaluation(evaluation: Evaluation): void {
  const { queries, gallery, lone, subject, results, convention, index } = evaluation;
  const against =
    subject.gallery === null
      ? 'each against all the others'
      : `against ${counted(gallery.count, 'gallery item')}`;
  console.log(
    `${subject.protocol}: ${counted(queries.count, 'query', 'queries')} ${against}, ${counted(gallery.labels, 'label')}, exact search`,
  );
  if (convention === 'paper')
    console.log("the seed paper's convention: first hit dropped, lone queries as misses");
  for (const result of results) {
    const told = describeMetric(result);
    if (told !== undefined) console.log(told);
  }
  console.log(table(figureRows(results)));
  if (lone.length > 0)
    console.log(`${counted(lone.length, 'query has', 'queries have')} no relevant item: ${some(lone)}`);
  printDoubts(evaluation);
  for (const result of results) printConfusions(result);
  for (const { metric, tied } of results)
    if (tied > 0)
      console.log(
        `${counted(tied, 'query depends', 'queries depend')} on the order of equal distances (${metricTitles[metric]}); bounds are in the report`,
      );
  const live = index?.sweep.find(({ ef }) => ef === index.liveEf);
  if (index && live)
    console.log(
      `HNSW at ef ${live.ef} (${metricTitles[index.metric]}): index recall@${index.k} ${percent(live.indexRecall)}, Recall@1 ${percent(live.recall[0] ?? 0)} (exact ${percent(index.exact.recall[0] ?? 0)}), ${live.queriesPerSecond.toFixed(0)} queries/s in memory on one thread (exact scan ${index.exact.queriesPerSecond.toFixed(0)})`,
    );
  if (evaluation.splitLoss !== undefined) printSplitLoss(evaluation.splitLoss);
  if (evaluation.ranking !== undefined) printRanking(evaluation.ranking);
}

/** Prints two evaluations side by side. */
export function printComparison({ figures, queries, notes, onlyA, onlyB, gained, lost }: Comparison): void {
  const head = ['%', 'metric', 'a', 'b', 'b - a', '95 % interval', 'b wins', 'b loses'];
  const rows = figures.map(({ name, a, b, paired, ...metric }) => [
    name,
    nameMetric(metric),
    percent(a),
    percent(b),
    signed(paired.difference),
    paired.interval.map(signed).join(' to '),
    String(paired.wins),
    String(paired.losses),
  ]);
  const log = (text: string): void => console.log(plain(text));
  log(
    `${counted(queries, 'query', 'queries')} in both, ${onlyA.length} in a only, ${onlyB.length} in b only`,
  );
  for (const note of notes) log(`differing ${note}`);
  log(table([head, ...rows]));
  if (gained.length > 0) log(`found by b alone (${gained.length}): ${some(gained)}`);
  if (lost.length > 0) log(`found by a alone (${lost.length}): ${some(lost)}`);
}
