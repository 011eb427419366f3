import type { MeasureSet, MeasureSummary } from '../eval/index.ts';

/** Formats a share as a percentage with one decimal; a dash if there is none. */
export const percent = (share: number | undefined): string =>
  share === undefined || Number.isNaN(share) ? '–' : (100 * share).toFixed(1);

const names: Readonly<Record<string, string>> = {
  'r-precision': 'R-Precision',
  'map@r': 'mAP@R',
  mrr: 'MRR',
};

/** Returns the name of a measure for people: `Recall@10` for `recall@10`. */
export const measureName = (name: string): string =>
  names[name] ?? name.replace('recall', 'Recall').replace('ndcg', 'NDCG');

/** Finds a measure of a set by its name; undefined if it has none. */
export const measureOf = (set: MeasureSet | null, name: string): MeasureSummary | undefined =>
  set?.figures.find((measure) => measure.name === name);

/** Formats the interval of a measure in percent. */
export const intervalOf = (measure: MeasureSummary | undefined): string =>
  measure === undefined ? '' : `${percent(measure.interval[0])} to ${percent(measure.interval[1])}`;

/** Returns the last two parts of a path, which are enough to recognise it. */
export const shortPath = (path: string): string => path.split(/[/\\]/).slice(-2).join('/');

/** Returns the last part of a label that is a path of folders. */
export const leaf = (label: string): string => label.split('/').at(-1) ?? label;
