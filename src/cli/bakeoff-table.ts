import type { PreparedBakeoff } from '../bakeoff/index.ts';
import type { BakeoffReport, LossReport } from '../report/index.ts';
import { counted, listed } from '../text.ts';
import { percent } from './evaluation-table.ts';
import { timeLeft } from './progress.ts';
import { aligned } from './table.ts';

/** Lists the jobs of a plan, and says how long those will take that are not done. */
export function planText({ plan, results }: PreparedBakeoff, seconds: number): string {
  const rows = plan.jobs.map(({ id, loss, value, seed, steps }): [string, ...string[]] => [
    id,
    loss ?? 'not trained',
    value === null ? '' : `${plan.losses.find((grid) => grid.loss === loss)?.setting}=${value}`,
    `seed ${seed}`,
    counted(steps, 'step'),
    results.get(id)?.outcome ?? 'to do',
  ]);
  const { training, search, validation, test } = plan.protocol.parts;
  const left = plan.jobs.length - results.size;
  return [
    aligned(rows),
    `search: ${counted(search.pictures, 'picture')} of ${search.labels} labels, chosen on ${validation.pictures} of ${validation.labels}`,
    `final: ${counted(training.pictures, 'picture')} of ${training.labels} labels, tested on ${test.pictures} of ${test.labels}`,
    `${left} of ${counted(plan.jobs.length, 'job')} to do, about ${timeLeft(1, 2, 1000 * seconds)}`,
  ].join('\n');
}

function cell({ figures }: Pick<LossReport, 'figures'>, metric: string, name: string): string {
  const figure = figures.find((one) => one.metric === metric && one.name === name);
  if (figure === undefined) return '–';
  return percent(figure.mean) + (figure.deviation === null ? '' : ` ± ${percent(figure.deviation)}`);
}

const points = (value: number): string => `${value < 0 ? '-' : '+'}${percent(Math.abs(value))}`;

function difference({ against }: LossReport): string {
  const one = against?.find(({ name }) => name === 'map@r');
  if (one === undefined) return '';
  return `${points(one.difference)} (${points(one.interval[0])} to ${points(one.interval[1])})`;
}

/** Makes the table of a report, for a terminal. */
export function reportText(report: BakeoffReport): string {
  const { metric, baseline, losses, start, missing, jobs } = report;
  const lossRow = (loss: LossReport): [string, ...string[]] => [
    loss.loss,
    loss.chosen === null ? '' : String(loss.chosen),
    cell(loss, metric, 'recall@1'),
    cell(loss, metric, 'map@r'),
    `${loss.seeds.length}/${loss.planned}`,
    difference(loss),
  ];
  const untrained: [string, ...string[]][] =
    start === null
      ? []
      : [
          [
            'not trained',
            '',
            cell({ figures: start }, metric, 'recall@1'),
            cell({ figures: start }, metric, 'map@r'),
            '',
            '',
          ],
        ];
  const rows: [string, ...string[]][] = [
    ['loss', 'value', 'Recall@1, %', 'mAP@R, %', 'seeds', `mAP@R beside ${baseline}`],
    ...losses.map(lossRow),
    ...untrained,
  ];
  const lines = [aligned(rows)];
  if (missing.length > 0)
    lines.push(
      `not complete: ${missing.length} of ${counted(jobs, 'job')} missing, ${listed(missing.slice(0, 5), missing.length)}`,
    );
  for (const { failures } of losses)
    lines.push(...failures.map(({ job, reason }) => `failed: ${job}: ${reason}`));
  return lines.join('\n');
}
