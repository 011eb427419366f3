import type { TopLevelSpec } from 'vega-lite';
import { theme } from '../../src/report/plot.ts';
import type { SizeResult } from './results.ts';

const size = { width: 520, height: 320 };

/** Draws recall against queries a second, a line an engine, as ann-benchmarks does: up and to the right is better. */
export function recallPlot({ engines, rows, dimension }: SizeResult): TopLevelSpec {
  const values = engines.flatMap(({ name, curve }) =>
    curve.map(({ recall, perSecond, ef }) => ({ engine: name, recall, perSecond, ef })),
  );
  return {
    ...size,
    config: theme,
    title: `Recall and speed, ${rows.toLocaleString('en')} vectors of ${dimension} numbers, one query at a time`,
    data: { values },
    mark: { type: 'line', point: true },
    encoding: {
      x: { field: 'recall', type: 'quantitative', title: 'recall@10', scale: { zero: false } },
      y: { field: 'perSecond', type: 'quantitative', title: 'queries a second', scale: { type: 'log' } },
      order: { field: 'ef', type: 'quantitative' },
      color: { field: 'engine', type: 'nominal', title: null },
    },
  };
}

/** Draws the median time of kinds of query against the number of vectors. */
export function timePlot(sizes: readonly SizeResult[]): TopLevelSpec {
  const values = sizes.flatMap((result) => {
    const own = result.engines.find(({ name }) => name === 'snapshelf');
    const faiss = result.engines.find(({ name }) => name === 'faiss');
    const graph = own?.curve.find(({ ef }) => ef === 96);
    const filtered = result.filters.map(({ p50 }) => p50);
    const kinds: readonly (readonly [string, number | undefined])[] = [
      ['index', graph?.p50],
      ['exact', own?.exact?.p50],
      ['exact, faiss', faiss?.exact?.p50],
      ['second page', result.secondPage.p50],
      ['slowest of the filters', filtered.length === 0 ? undefined : Math.max(...filtered)],
    ];
    return kinds.flatMap(([kind, ms]) => (ms === undefined ? [] : [{ kind, ms, rows: result.rows }]));
  });
  return {
    ...size,
    config: theme,
    title: 'Median time of one query',
    data: { values },
    mark: { type: 'line', point: true },
    encoding: {
      x: { field: 'rows', type: 'quantitative', title: 'vectors', scale: { type: 'log' } },
      y: { field: 'ms', type: 'quantitative', title: 'milliseconds', scale: { type: 'log' } },
      color: { field: 'kind', type: 'nominal', title: null },
    },
  };
}
