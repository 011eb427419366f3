import { informationNumbers } from './information-numbers.ts';
import type { LogEntry } from './log-entry.ts';

const columns: readonly string[] = [
  'time',
  'kind',
  'step',
  'epoch',
  'loss',
  'learning_rate',
  'images_per_second',
  'validation',
  'recall_at_1_cosine',
  'recall_at_1_l2',
  'network',
  ...informationNumbers.names,
];

type Cells = Readonly<Record<string, unknown>>;

/** A cell of RFC 4180. */
function cell(value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number') return '';
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const rowOf = (cells: Cells): string => `${columns.map((name) => cell(cells[name])).join(',')}\r\n`;

/** The rows of a line of the log: one for steps, one for each set of a validation or baseline, none for others. */
function rowsOf({ time, kind, step, epoch, ...entry }: LogEntry): string[] {
  const common = { time, kind, step, epoch };
  if (kind === 'step') {
    const { loss, learningRate: learning_rate, imagesPerSecond: images_per_second } = entry;
    return [rowOf({ ...common, loss, learning_rate, images_per_second })];
  }
  const { results, network } = entry;
  if ((kind !== 'validation' && kind !== 'baseline') || !Array.isArray(results)) return [];
  return (results as readonly unknown[]).map((result) => {
    const { name, cosine, l2, information } = Object(result) as Record<string, unknown>;
    const own = { validation: name, recall_at_1_cosine: cosine, recall_at_1_l2: l2, network };
    return rowOf({ ...common, ...own, ...Object.fromEntries(informationNumbers.of(information)) });
  });
}

/** The log of a run as a CSV file: its name, and bytes that follow from the log. */
export const logTable = {
  name: 'log.csv',
  header: (): Buffer => Buffer.from(`${columns.join(',')}\r\n`),
  /** Encodes a line of the log; empty if it is neither of steps nor of a validation or baseline. */
  encode: (entry: LogEntry): Buffer => Buffer.from(rowsOf(entry).join('')),
};
