import type { TopLevelSpec } from 'vega-lite';
import type { PositionFieldDef } from 'vega-lite/types_unstable/channeldef.js';
import {
  type Evaluation,
  type IndexComparison,
  type MetricEvaluation,
  metricTitles,
  type SplitLoss,
} from '../eval/index.ts';
import { transparentTheme } from './plot.ts';
import { measureOf } from './words.ts';

const size = { width: 380, height: 230, config: transparentTheme } as const;
const colours = ['#4c78a8', '#e4812a'];

const quantitative = (field: string, title: string, extra: Partial<PositionFieldDef<string>> = {}) =>
  ({ field, type: 'quantitative', title, ...extra }) as const;

const legend = { orient: 'bottom', title: null } as const;

/** Makes the plot of Recall@K by K with its interval: one line per metric. */
export function recallCurve({ results, ks }: Evaluation): TopLevelSpec {
  const values = results.flatMap(({ metric, main }) =>
    ks.map((k) => {
      const measure = measureOf(main, `recall@${k}`);
      const [low, high] = measure?.interval ?? [0, 0];
      return {
        k,
        metric: metricTitles[metric],
        mean: 100 * (measure?.mean ?? 0),
        low: 100 * low,
        high: 100 * high,
      };
    }),
  );
  const x = quantitative('k', 'K', { scale: { type: 'log' }, axis: { values: [...ks], format: 'd' } });
  const color = {
    field: 'metric',
    type: 'nominal',
    sort: Object.values(metricTitles),
    scale: { range: colours },
    // Of both layers: full colour in spite of the faint areas.
    legend: { ...legend, symbolType: 'square', symbolOpacity: 1 },
  } as const;
  const scale = { scale: { zero: false } };
  const interval = { y: quantitative('low', 'Recall@K, %', scale), y2: { field: 'high' } };
  return {
    ...size,
    data: { values },
    layer: [
      { mark: { type: 'area', opacity: 0.2 }, encoding: { x, color, ...interval } },
      {
        mark: { type: 'line', point: true },
        encoding: { x, color, y: quantitative('mean', 'Recall@K, %', scale) },
      },
    ],
  };
}

/** Makes the histogram of the distances of pairs with equal and with different labels. */
export function histogramPlot({ histogram, metric }: MetricEvaluation): TopLevelSpec {
  const { edges, positive, negative } = histogram;
  const bars = (shares: readonly number[], pairs: string) =>
    shares.map((share, at) => ({ from: edges[at] ?? 0, to: edges[at + 1] ?? 0, share: 100 * share, pairs }));
  return {
    ...size,
    data: { values: [...bars(positive, 'same label'), ...bars(negative, 'different labels')] },
    mark: { type: 'bar', opacity: 0.6, binSpacing: 0 },
    encoding: {
      x: quantitative('from', `${metricTitles[metric]} distance`, {
        bin: { binned: true },
        scale: { zero: false },
      }),
      x2: { field: 'to' },
      y: quantitative('share', 'pairs, %', { stack: null }),
      color: {
        field: 'pairs',
        type: 'nominal',
        sort: ['same label', 'different labels'],
        scale: { domain: ['same label', 'different labels'], range: ['#1a9850', '#d9534f'] },
        legend,
      },
    },
  };
}

/** Makes the plot of index recall by speed, one point per ef. */
export function sweepPlot({ sweep, exact, k }: IndexComparison): TopLevelSpec {
  const values = sweep.map(({ ef, indexRecall, queriesPerSecond }) => ({
    label: `ef ${ef}`,
    ef,
    recall: 100 * indexRecall,
    speed: queriesPerSecond / exact.queriesPerSecond,
  }));
  const encoding = {
    x: quantitative('speed', 'speed, times the exact scan', { scale: { zero: false } }),
    y: quantitative('recall', `index recall@${k}, %`, { scale: { zero: false } }),
  } as const;
  return {
    ...size,
    data: { values },
    layer: [
      {
        mark: { type: 'line', point: true, color: colours[0] as string },
        encoding: { ...encoding, order: { field: 'ef' } },
      },
      {
        mark: { type: 'text', align: 'left', dx: 6, dy: -6, color: '#444444' },
        encoding: { ...encoding, text: { field: 'label' } },
      },
    ],
  };
}

/** Makes the plot of Recall@1 and mAP@R by stage, with the intervals of the changes. */
export function splitLossPlot({ rows }: SplitLoss): TopLevelSpec {
  const computed = rows.filter(({ missing }) => missing === null);
  const values = computed.flatMap(({ title, figures }) =>
    figures
      .filter(({ name }) => name === 'recall@1' || name === 'map@r')
      .map(({ name, mean, change }) => {
        // The interval is of the change: it lies about the figure as the change lies about the line above.
        const [low, high] = change === null ? [0, 0] : change.interval.map((end) => end - change.difference);
        const measure = name === 'map@r' ? 'mAP@R' : 'Recall@1';
        return {
          title,
          measure,
          mean: 100 * mean,
          low: 100 * (mean + (low ?? 0)),
          high: 100 * (mean + (high ?? 0)),
        };
      }),
  );
  const x = {
    field: 'title',
    type: 'nominal',
    title: null,
    sort: computed.map(({ title }) => title),
    axis: { labelAngle: -30, labelLimit: 220 },
  } as const;
  const scale = { scale: { zero: false } };
  const color = { field: 'measure', type: 'nominal', scale: { range: colours }, legend } as const;
  return {
    ...size,
    data: { values },
    layer: [
      { mark: 'rule', encoding: { x, color, y: quantitative('low', '%', scale), y2: { field: 'high' } } },
      { mark: { type: 'line', point: true }, encoding: { x, color, y: quantitative('mean', '%', scale) } },
    ],
  };
}
