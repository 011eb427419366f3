import type { TopLevelSpec } from 'vega-lite';
import { transparentTheme } from '../plot.ts';
import { measureName } from '../words.ts';
import type { BakeoffReport, LossReport } from './bakeoff-report.ts';

const width = 380;

const figureOf = ({ figures }: LossReport, metric: string, name: string) =>
  figures.find((figure) => figure.metric === metric && figure.name === name);

/** Returns the losses that have figures, the best mAP@R first. */
export function ranked({ losses, metric }: BakeoffReport): LossReport[] {
  const score = (loss: LossReport): number => figureOf(loss, metric, 'map@r')?.mean ?? -1;
  return losses.filter((loss) => score(loss) >= 0).sort((a, b) => score(b) - score(a));
}

/** Makes the plot of a measure by loss: a dot for each seed, a bar at the mean. */
export function measurePlot(report: BakeoffReport, name: string): TopLevelSpec {
  const losses = ranked(report);
  const values = losses.flatMap((loss) =>
    (figureOf(loss, report.metric, name)?.values ?? []).map((value) => ({
      loss: loss.loss,
      value: 100 * value,
    })),
  );
  const x = {
    field: 'value',
    type: 'quantitative',
    title: `${measureName(name)}, %`,
    scale: { zero: false },
  } as const;
  const y = { field: 'loss', type: 'nominal', title: null, sort: losses.map(({ loss }) => loss) } as const;
  return {
    width,
    config: transparentTheme,
    data: { values },
    layer: [
      { mark: { type: 'point', filled: true, opacity: 0.5, color: '#4c78a8' }, encoding: { x, y } },
      {
        mark: { type: 'tick', thickness: 2, color: '#e4812a' },
        encoding: { x: { ...x, aggregate: 'mean' }, y },
      },
    ],
  };
}

const lines = (
  values: readonly object[],
  x: { readonly field: string; readonly title: string },
  y: { readonly field: string; readonly title: string },
): TopLevelSpec => ({
  width,
  height: 260,
  config: transparentTheme,
  data: { values: [...values] as object[] },
  mark: { type: 'line', point: { size: 14 } },
  encoding: {
    x: { ...x, type: 'quantitative' },
    y: { ...y, type: 'quantitative', scale: { zero: false } },
    color: { field: 'loss', type: 'nominal', scale: { scheme: 'tableau20' }, legend: { title: null } },
  },
});

/** Makes the plot of Recall@1 on the validation labels by epoch, of the search with the chosen values. */
export function validationPlot({ losses }: BakeoffReport): TopLevelSpec {
  const values = losses.flatMap(({ loss, validations }) =>
    validations.map(({ epoch, recall }) => ({ loss, epoch, recall: 100 * recall })),
  );
  return lines(values, { field: 'epoch', title: 'epoch' }, { field: 'recall', title: 'Recall@1, %' });
}

/** Makes the plot of each loss by step, as a share of its first value: losses have scales of their own. */
export function lossPlot({ losses }: BakeoffReport): TopLevelSpec {
  const values = losses.flatMap(({ loss, curve }) => {
    const first = Math.abs(curve[0]?.loss ?? 0);
    return first === 0 ? [] : curve.map(({ step, loss: value }) => ({ loss, step, value: value / first }));
  });
  return lines(
    values,
    { field: 'step', title: 'step' },
    { field: 'value', title: 'loss, by its first value' },
  );
}
