import type { Information, InformationFigures } from '../information/index.ts';
import { counted } from '../text.ts';

const figure = (value: number | null): string =>
  value === null ? '-' : String(Number(value.toPrecision(6)));

/** Sets out rows of cells: the first column to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function termRows(name: string, { terms }: InformationFigures): string[][] {
  return Object.entries(terms).map(([loss, { tightness, contrast, value }]) => [
    name === '' ? loss : `${loss}, ${name}`,
    figure(tightness),
    figure(contrast),
    figure(value),
  ]);
}

function views(sets: readonly (readonly [string, InformationFigures])[]): string {
  const isOne = sets.length === 1;
  return table([
    ['', ...sets.map(([name]) => (isOne ? 'nats' : name === '' ? 'these' : name))],
    ['mutual information H(Y) - H(Y|Z)', ...sets.map(([, f]) => figure(f.mutualInformation))],
    ['  H(Y)', ...sets.map(([, f]) => figure(f.labelEntropy))],
    ['  H(Y|Z), linear classifier', ...sets.map(([, f]) => figure(f.conditionalEntropy))],
    ['entropy H(Z), eq. 6', ...sets.map(([, f]) => figure(f.entropy))],
  ]);
}

/** Sets out the figures of a report for a person. */
export function describeInformation(report: Information): string {
  const { n, dimension, labels, normalized, metric, beside = {}, pairsAtDistanceZero: zero } = report;
  const sets: [string, InformationFigures][] = [['', report], ...Object.entries(beside)];
  const titles = ['loss', 'tightness', 'contrast', 'value'];
  const terms = sets.flatMap(([name, figures]) => termRows(name, figures));
  const lines = [
    `${counted(n, 'vector')} of ${counted(dimension, 'number')}, ${counted(labels, 'label')}${normalized ? ', scaled to length 1' : ''}${metric === undefined ? '' : `, D is ${metric}`}`,
    '',
    views(sets),
    '',
    table([titles, ...terms]),
  ];
  if (zero > 0) lines.push('', `left out of the entropy: ${counted(zero, 'pair')} of equal vectors`);
  return lines.join('\n');
}
