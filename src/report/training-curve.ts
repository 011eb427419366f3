import { SnapshelfError } from '../errors.ts';
import { linesOf } from '../files/index.ts';
import { parseJsonWithin } from '../json/index.ts';
import { renderPlot, theme } from './plot.ts';

/** One object of a log, of which nothing is known yet. */
type Entry = Readonly<Record<string, unknown>>;

/** Values of a line, and lines that are drawn: a run of five million steps. */
const mostValues = 10_000;
const mostLines = 500_000;

interface Point {
  readonly epoch: number;
  readonly set: string;
  readonly metric: string;
  readonly recall: number;
}

/** The lines of a log; the last one may have been cut off by a crash, and others are passed over too. */
function entriesOf(text: string): Entry[] {
  const entries: Entry[] = [];
  for (const [line, number] of linesOf(text)) {
    if (number > mostLines)
      throw new SnapshelfError('run-invalid', `The log has more than ${mostLines} lines.`);
    try {
      entries.push(Object(parseJsonWithin(line, { values: mostValues })));
    } catch {
      // Not a line of ours.
    }
  }
  return entries;
}

/** The last two parts of a path are enough to know a source by. */
const short = (name: string): string => name.split(/[/\\]/).slice(-2).join('/');

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

function recallsOf({ epoch, results }: Entry): Point[] {
  const list: unknown[] = Array.isArray(results) ? results : [];
  return list.flatMap((result) => {
    const { name, cosine, l2 } = Object(result);
    if (typeof name !== 'string' || !isNumber(epoch) || !isNumber(cosine) || !isNumber(l2)) return [];
    const set = short(name.slice(0, 1000));
    return [
      { epoch, set, metric: 'cosine', recall: 100 * cosine },
      { epoch, set, metric: 'L2', recall: 100 * l2 },
    ];
  });
}

/**
 * The loss and the validation figures of a training run as an SVG picture.
 * @param log what `snapshelf train` wrote to `log.jsonl`
 * @throws SnapshelfError `run-invalid` when it has no steps.
 */
export async function trainingCurve(log: string): Promise<string> {
  const entries = entriesOf(log);
  const steps = entries
    .filter(({ kind, step, loss }) => kind === 'step' && isNumber(step) && isNumber(loss))
    .map(({ step, loss }) => ({ step, loss }));
  if (steps.length === 0) throw new SnapshelfError('run-invalid', 'The log has no training steps yet.');
  const recalls = entries.filter(({ kind }) => kind === 'validation').flatMap(recallsOf);
  const quantitative = (field: string, title: string, zero = true) =>
    ({ field, type: 'quantitative', title, scale: { zero } }) as const;
  const byMetric = {
    field: 'metric',
    type: 'nominal',
    title: 'metric',
    sort: ['cosine', 'L2'],
    legend: { orient: 'bottom' },
  } as const;
  const loss = {
    title: 'Loss',
    width: 340,
    height: 240,
    data: { values: steps },
    mark: { type: 'line', color: '#4c78a8' },
    encoding: { x: quantitative('step', 'step'), y: quantitative('loss', 'loss', false) },
  } as const;
  const recall = {
    title: 'Recall@1 of the validation queries, %',
    width: 340,
    height: 240,
    data: { values: recalls },
    mark: { type: 'line', point: { size: 50 } },
    encoding: {
      x: { ...quantitative('epoch', 'epoch'), axis: { tickMinStep: 1, format: 'd' } },
      y: quantitative('recall', 'Recall@1, %', false),
      color: { field: 'set', type: 'nominal', title: 'queries', legend: { orient: 'bottom', columns: 2 } },
      strokeDash: byMetric,
      shape: byMetric,
    },
  } as const;
  return renderPlot({
    config: theme,
    hconcat: recalls.length > 0 ? [loss, recall] : [loss],
    resolve: { legend: { color: 'independent', strokeDash: 'independent', shape: 'independent' } },
  });
}
