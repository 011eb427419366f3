import type { Scores } from './scores.ts';

/** Rows of the queries of each label. */
export type RowsByLabel = ReadonlyMap<string, readonly number[]>;

/** Groups `rows` by label, in the order in which labels first come. */
export function groupByLabel(labels: readonly string[], rows: Uint32Array): RowsByLabel {
  const groups = new Map<string, number[]>();
  for (const row of rows) {
    const label = labels[row] ?? '';
    const group = groups.get(label);
    if (group === undefined) groups.set(label, [row]);
    else group.push(row);
  }
  return groups;
}

/** The mean of a column over some of its rows. */
export function meanOf(column: Float64Array, rows: readonly number[] | Uint32Array): number {
  let sum = 0;
  for (const row of rows) sum += column[row] ?? Number.NaN;
  return sum / rows.length;
}

/** The mean over labels of the mean within each label, so that a label with many queries counts as one with few. */
export function meanPerLabel(column: Float64Array, groups: RowsByLabel): number {
  let sum = 0;
  for (const rows of groups.values()) sum += meanOf(column, rows);
  return sum / groups.size;
}

/** How one label is found. */
export interface LabelFigures {
  readonly label: string;
  /** Its queries that count. */
  readonly queries: number;
  /** Means over these queries, in [0, 1]. */
  readonly recallAt1: number;
  readonly rPrecision: number;
  /** How many items of the gallery have the label. */
  readonly galleryItems: number;
}

const compare = (a: LabelFigures, b: LabelFigures): number =>
  a.recallAt1 - b.recallAt1 || a.rPrecision - b.rPrecision || (a.label < b.label ? -1 : 1);

/** The labels with the lowest Recall@1, of these the lowest R-Precision, then by label; at most `most`. */
export function worstLabels(
  scores: Scores,
  groups: RowsByLabel,
  galleryLabels: readonly string[],
  most: number,
): LabelFigures[] {
  const items = new Map<string, number>();
  for (const label of galleryLabels) items.set(label, (items.get(label) ?? 0) + 1);
  const column = (name: string): Float64Array =>
    scores.stable[scores.plan.names.indexOf(name)] ?? new Float64Array();
  const [recall, precision] = [column('recall@1'), column('r-precision')];
  const all = Array.from(groups, ([label, rows]) => ({
    label,
    queries: rows.length,
    recallAt1: meanOf(recall, rows),
    rPrecision: meanOf(precision, rows),
    galleryItems: items.get(label) ?? 0,
  }));
  return all.sort(compare).slice(0, most);
}
