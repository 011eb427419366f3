import type { MeasureTable } from '../../metrics/index.ts';
import type { LabelMeasures } from './evaluation-schema.ts';

/** Rows of the queries of each label. */
export type RowsByLabel = ReadonlyMap<string, readonly number[]>;

/** Groups rows by label, in the order of the first row of each label. */
export function groupByLabel(labels: readonly string[], rows: Iterable<number>): RowsByLabel {
  const groups = new Map<string, number[]>();
  for (const row of rows) {
    const label = labels[row] ?? '';
    const group = groups.get(label);
    if (group === undefined) groups.set(label, [row]);
    else group.push(row);
  }
  return groups;
}

/** Computes the mean of a column over some of its rows. */
export function meanOf(column: Float64Array, rows: readonly number[] | Uint32Array): number {
  let sum = 0;
  for (const row of rows) sum += column[row] ?? Number.NaN;
  return sum / rows.length;
}

/** Computes the mean over labels of the mean within each label, so that every label counts as much. */
export function meanPerLabel(column: Float64Array, groups: RowsByLabel): number {
  let sum = 0;
  for (const rows of groups.values()) sum += meanOf(column, rows);
  return sum / groups.size;
}

const compare = (a: LabelMeasures, b: LabelMeasures): number =>
  a.recallAt1 - b.recallAt1 || a.rPrecision - b.rPrecision || (a.label < b.label ? -1 : 1);

/** Returns at most `most` labels by rising Recall@1, then R-Precision, then label. */
export function worstLabels(
  table: MeasureTable,
  groups: RowsByLabel,
  galleryLabels: readonly string[],
  most: number,
): LabelMeasures[] {
  const items = new Map<string, number>();
  for (const label of galleryLabels) items.set(label, (items.get(label) ?? 0) + 1);
  const column = (name: string): Float64Array =>
    table.stable[table.measures.names.indexOf(name)] ?? new Float64Array();
  const recall = column('recall@1');
  const precision = column('r-precision');
  const all = Array.from(groups, ([label, rows]) => ({
    label,
    queries: rows.length,
    recallAt1: meanOf(recall, rows),
    rPrecision: meanOf(precision, rows),
    galleryItems: items.get(label) ?? 0,
  }));
  return all.sort(compare).slice(0, most);
}
