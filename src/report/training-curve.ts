import type { TopLevelSpec } from 'vega-lite';
import { z } from 'zod';
import { SnapshelfError } from '../errors.ts';
import { linesOf } from '../files/index.ts';
import { jsonOrUndefined } from '../json/index.ts';
import { type InformationPoint, informationPlot, informationPoints } from './information-plot.ts';
import { renderPlot, theme } from './plot.ts';
import { shortPath } from './words.ts';

/** Values of a line, and lines that are drawn: a run of five million steps. */
const mostValues = 10_000;
const mostLines = 500_000;

const stepLine = z.object({ kind: z.literal('step'), step: z.number(), loss: z.number() });
const validationLine = z.object({
  kind: z.literal('validation'),
  epoch: z.number(),
  results: z.array(z.unknown()),
});
const baselineLine = z.object({
  kind: z.literal('baseline'),
  network: z.string(),
  results: z.array(z.unknown()),
});
const validationResult = z.object({ name: z.string(), cosine: z.number(), l2: z.number() });

type StepLine = z.infer<typeof stepLine>;
type ValidationLine = z.infer<typeof validationLine>;

type BaselineLine = z.infer<typeof baselineLine>;

interface Log {
  readonly baselines: readonly BaselineLine[];
  readonly steps: readonly StepLine[];
  readonly validations: readonly ValidationLine[];
}

/** Reads the steps and validations of a log. Other lines are skipped. */
function readLog(text: string): Log {
  const steps: StepLine[] = [];
  const validations: ValidationLine[] = [];
  const baselines: BaselineLine[] = [];
  for (const [line, number] of linesOf(text)) {
    if (number > mostLines)
      throw new SnapshelfError('run-invalid', `The log has more than ${mostLines} lines.`);
    // Undefined for a line that a crash has cut off.
    const value = jsonOrUndefined(line, { values: mostValues });
    const step = stepLine.safeParse(value).data;
    if (step !== undefined) steps.push(step);
    const validation = validationLine.safeParse(value).data;
    if (validation !== undefined) validations.push(validation);
    const baseline = baselineLine.safeParse(value).data;
    if (baseline !== undefined) baselines.push(baseline);
  }
  return { steps, validations, baselines };
}

interface Point {
  /** Undefined if there is only one run. */
  readonly run?: string;
  readonly epoch: number;
  readonly set: string;
  readonly metric: 'cosine' | 'L2';
  /** Percent. */
  readonly recall: number;
}

interface LossPoint {
  readonly step: number;
  readonly loss: number;
  /** Undefined if there is only one run. */
  readonly run?: string;
}

/** The log of a run. */
export interface LoggedRun {
  /** The folder of the run, for the legend. */
  readonly name: string;
  /** Content of `log.jsonl`. */
  readonly log: string;
}

const pointsOf = ({ epoch, results }: ValidationLine, run: string | undefined): Point[] =>
  results.flatMap((result): Point[] => {
    const { data } = validationResult.safeParse(result);
    if (data === undefined) return [];
    const name = shortPath(data.name.slice(0, 1000));
    const point = { ...(run !== undefined && { run }), epoch, set: name };
    return [
      { ...point, metric: 'cosine', recall: 100 * data.cosine },
      { ...point, metric: 'L2', recall: 100 * data.l2 },
    ];
  });

const size = { width: 340, height: 240 } as const;

// The default format of a lone value has six digits after the point.
const quantitative = (field: string, title: string, zero = true) =>
  ({ field, type: 'quantitative', title, scale: { zero }, axis: { format: '.6~g' } }) as const;

/** A line of fewer values is drawn with points: one value alone makes no line. */
const fewValues = 10;

const byRun = {
  field: 'run',
  type: 'nominal',
  title: 'run',
  sort: null,
  legend: { orient: 'bottom', columns: 2 },
} as const;

function lossPlot(points: LossPoint[]) {
  const counts = new Map<string | undefined, number>();
  for (const { run } of points) counts.set(run, (counts.get(run) ?? 0) + 1);
  const few = points.filter(({ run }) => (counts.get(run) ?? 0) < fewValues);
  const color = '#4c78a8';
  return {
    ...size,
    title: 'Loss',
    data: { values: points },
    encoding: {
      x: quantitative('step', 'step'),
      y: quantitative('loss', 'loss', false),
      ...(points[0]?.run !== undefined && { color: byRun }),
    },
    layer: [
      { mark: { type: 'line', color } } as const,
      { data: { values: few }, mark: { type: 'point', filled: true, opacity: 1, size: 30, color } } as const,
    ],
  };
}

const byMetric = {
  field: 'metric',
  type: 'nominal',
  title: 'metric',
  sort: ['cosine', 'L2'],
  legend: { orient: 'bottom' },
} as const;

const bySet = {
  field: 'set',
  type: 'nominal',
  title: 'queries',
  legend: { orient: 'bottom', columns: 2 },
} as const;

/**
 * One run has a colour for each validation set; several have a colour each, as in the plot of the loss, and a shape for each
 * set.
 */
const recallPlot = (points: Point[], isOneRun: boolean) => ({
  ...size,
  title: 'Recall@1 of the validation queries, %',
  data: { values: points },
  encoding: {
    x: { ...quantitative('epoch', 'epoch'), axis: { tickMinStep: 1, format: 'd' } },
    y: quantitative('recall', 'Recall@1, %', false),
    color: isOneRun ? bySet : byRun,
  },
  layer: [
    { mark: 'line', encoding: { strokeDash: byMetric, detail: { field: 'set' } } } as const,
    {
      mark: { type: 'point', filled: true, opacity: 1, size: 50 },
      encoding: { shape: isOneRun ? byMetric : bySet },
    } as const,
  ],
});

/** The information of the validations of a run, and of the networks beside it. */
function informationOf({ validations, baselines }: Log, run: string | undefined): InformationPoint[] {
  const of = (results: readonly unknown[], where: Pick<InformationPoint, 'epoch' | 'network'>) =>
    results.flatMap((result) =>
      informationPoints(result, { ...where, ...(run !== undefined && { run }) }, shortPath),
    );
  const own = validations.flatMap(({ epoch, results }) => of(results, { epoch }));
  return own.length === 0
    ? []
    : [...own, ...baselines.flatMap(({ network, results }) => of(results, { network }))];
}

/** Short names that differ; undefined for one run alone, which needs none. */
function namesOf(runs: readonly LoggedRun[]): (string | undefined)[] {
  if (runs.length === 1) return [undefined];
  const names = runs.map(({ name }) => shortPath(name));
  return names.map((name, at) => (names.indexOf(name) === at ? name : `${name} (${at + 1})`));
}

/**
 * Makes the plots of training runs: their loss and, if one was validated, Recall@1 of each validation set
 * and its information. Several runs
 * are told apart by colour.
 * @throws SnapshelfError `run-invalid` if a log has no steps, or too many lines
 */
export function trainingPlots(runs: readonly LoggedRun[]): TopLevelSpec {
  const names = namesOf(runs);
  const isOneRun = runs.length === 1;
  const losses: LossPoint[] = [];
  const points: Point[] = [];
  const figures: InformationPoint[] = [];
  for (const [at, { name, log }] of runs.entries()) {
    const read = readLog(log);
    const { steps, validations } = read;
    if (steps.length === 0)
      throw new SnapshelfError('run-invalid', `The log of the run ${name} has no training steps yet.`);
    const run = names[at];
    for (const { step, loss } of steps) losses.push({ step, loss, ...(run !== undefined && { run }) });
    for (const line of validations) points.push(...pointsOf(line, run));
    figures.push(...informationOf(read, run));
  }
  const curves = points.length > 0 ? [lossPlot(losses), recallPlot(points, isOneRun)] : [lossPlot(losses)];
  return {
    config: theme,
    ...(figures.length === 0
      ? { hconcat: curves }
      : {
          vconcat: [
            { hconcat: curves, resolve: { scale: { color: isOneRun ? 'independent' : 'shared' } } },
            informationPlot(figures, isOneRun ? bySet : byRun),
          ],
        }),
    // Several runs have the same colours in both plots, and so one legend.
    resolve: {
      scale: { color: isOneRun ? 'independent' : 'shared', strokeDash: 'independent' },
      legend: {
        color: isOneRun ? 'independent' : 'shared',
        strokeDash: 'independent',
        shape: 'independent',
      },
    },
  };
}

/**
 * Draws the plots of training runs as an SVG picture.
 * @throws SnapshelfError `run-invalid` if a log has no steps, or too many lines
 */
export async function trainingCurve(runs: readonly LoggedRun[]): Promise<string> {
  return renderPlot(trainingPlots(runs));
}
