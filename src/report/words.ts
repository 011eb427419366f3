import type { MeasureSet, MeasureSummary, Metric } from '../eval/index.ts';

/** A share as a percentage with one decimal. */
export const percent = (share: number | undefined): string =>
  share === undefined || Number.isNaN(share) ? '–' : (100 * share).toFixed(1);

export const metricName: Readonly<Record<Metric, string>> = { cosine: 'cosine', l2: 'L2' };

const names: Readonly<Record<string, string>> = {
  'r-precision': 'R-Precision',
  'map@r': 'mAP@R',
  mrr: 'MRR',
};

/** `recall@10` as people write it. */
export const figureName = (name: string): string =>
  names[name] ?? name.replace('recall', 'Recall').replace('ndcg', 'NDCG');

export const figureOf = (set: MeasureSet | null, name: string): MeasureSummary | undefined =>
  set?.figures.find((figure) => figure.name === name);

/** An interval in percent. */
export const intervalOf = (figure: MeasureSummary | undefined): string =>
  figure === undefined ? '' : `${percent(figure.interval[0])} to ${percent(figure.interval[1])}`;

/** The last two parts of a path are enough to know it by. */
export const shortPath = (path: string): string => path.split(/[/\\]/).slice(-2).join('/');

/** The last part of a label that is a path of folders. */
export const leaf = (label: string): string => label.split('/').at(-1) ?? label;
