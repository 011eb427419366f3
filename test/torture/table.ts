import type { Load } from './meter.ts';
import { depths, type Figures } from './row.ts';

/** The figures of a scenario with the worst load of the process that was tortured. */
export interface Result {
  readonly name: string;
  readonly rows: readonly Figures[];
  readonly load: Load;
  readonly remarks: readonly string[];
}

const heads = ['what', 'tried', ...depths, 'held', 'lost', 'delay ms', 'MB'];

/** Makes the table of a run, in Markdown. */
export function table(results: readonly Result[]): string {
  const lines = results.flatMap(({ name, rows, load }) =>
    rows.map((row) => {
      const reached = depths.map((depth) => String(row.depths[depth] ?? '-'));
      const figures =
        row.skipped === undefined
          ? [String(row.tried), ...reached, String(row.held), String(row.lost)]
          : ['skipped', ...depths.map(() => ''), '', ''];
      return [`${name}: ${row.title}`, ...figures, String(load.delayMs ?? '-'), String(load.megabytes)];
    }),
  );
  const all = [heads, ...lines];
  const widths = heads.map((_, at) => Math.max(...all.map((line) => line[at]?.length ?? 0)));
  const format = (line: readonly string[]): string =>
    `| ${line.map((text, at) => (at === 0 ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0))).join(' | ')} |`;
  const rule = `| ${widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  const remarks = results.flatMap(({ name, remarks: told }) => told.map((text) => `- ${name}: ${text}`));
  return [format(heads), rule, ...lines.map(format), '', ...remarks].join('\n');
}
