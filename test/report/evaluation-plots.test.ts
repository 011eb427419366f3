import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { type Evaluation, evaluate } from '../../src/eval/index.ts';
import { histogramPlot, recallCurve, sweepPlot } from '../../src/report/evaluation-plots.ts';
import { drawnVectors } from '../eval/support/drawn.ts';

type Row = Readonly<Record<string, unknown>>;

/** The rows of a plot, as the specification has them. */
function rowsOf(plot: TopLevelSpec): readonly Row[] {
  assert.ok('data' in plot && plot.data !== undefined && plot.data !== null && 'values' in plot.data);
  return plot.data.values as readonly Row[];
}

/** An item of a scene as Vega draws it. */
interface SceneItem {
  readonly datum?: Row;
  readonly x: number;
  readonly y: number;
  readonly y2?: number;
  readonly height?: number;
}
interface Scene {
  readonly marktype?: string;
  readonly items?: readonly (SceneItem & Scene)[];
}

/** All items of a kind of mark that a plot draws, with the row that each is drawn from. */
async function drawn(plot: TopLevelSpec, kind: string): Promise<readonly SceneItem[]> {
  const view = new View(parse(compile(plot).spec), { renderer: 'none' });
  await view.runAsync();
  const found: SceneItem[] = [];
  const walk = (scene: Scene): void => {
    for (const item of scene.items ?? []) {
      if (scene.marktype === kind && item.datum !== undefined) found.push(item);
      walk(item);
    }
  };
  walk((view.scenegraph() as unknown as { readonly root: Scene }).root);
  view.finalize();
  return found;
}

async function evaluation(): Promise<Evaluation> {
  const subject = { protocol: 'self', queries: ['drawn'], gallery: null, model: null } as const;
  return evaluate({ queries: drawnVectors(80, 5, { seed: 2 }), subject }, { ks: [1, 5], index: true });
}

test('the recall curve has the mean and the interval of each metric and K', async () => {
  const report = await evaluation();
  const expected = report.results.flatMap(({ metric, main }) =>
    [1, 5].map((k) => {
      const measure = main.figures.find(({ name }) => name === `recall@${k}`);
      assert.ok(measure !== undefined && measure.interval[0] > 0 && measure.interval[0] < measure.mean);
      return {
        k,
        metric: metric === 'l2' ? 'L2' : 'cosine',
        mean: 100 * measure.mean,
        low: 100 * measure.interval[0],
        high: 100 * measure.interval[1],
      };
    }),
  );
  const plot = recallCurve(report);
  assert.deepEqual(rowsOf(plot), expected);
  // The area reaches from low to high, the line goes through the means: places on one scale.
  const areas = await drawn(plot, 'area');
  const points = await drawn(plot, 'symbol');
  assert.equal(areas.length, expected.length);
  const scale = points.map(({ datum, y }) => ({ value: Number(datum?.['mean']), y }));
  const [one, other] = [scale[0], scale.find(({ value }) => value !== scale[0]?.value)];
  assert.ok(one !== undefined && other !== undefined);
  const placeOf = (value: number): number =>
    one.y + ((value - one.value) * (other.y - one.y)) / (other.value - one.value);
  for (const { datum, y, y2 } of areas) {
    const ends = [y, y2 ?? Number.NaN].sort((a, b) => b - a);
    assert.ok(Math.abs((ends[0] ?? 0) - placeOf(Number(datum?.['low']))) < 1e-6);
    assert.ok(Math.abs((ends[1] ?? 0) - placeOf(Number(datum?.['high']))) < 1e-6);
  }
});

test('the histogram has a bar for each bin of each kind of pairs, as high as its share', async () => {
  const [result] = (await evaluation()).results;
  assert.ok(result !== undefined);
  const { edges, positive, negative } = result.histogram;
  const bars = (shares: readonly number[], pairs: string) =>
    shares.map((share, at) => ({ from: edges[at], to: edges[at + 1], share: 100 * share, pairs }));
  const plot = histogramPlot(result);
  assert.deepEqual(rowsOf(plot), [...bars(positive, 'same label'), ...bars(negative, 'different labels')]);
  const rects = (await drawn(plot, 'rect')).filter(({ datum }) => Number(datum?.['share']) > 0);
  const perPercent = rects.map(({ datum, height }) => Number(height) / Number(datum?.['share']));
  for (const value of perPercent) assert.ok(Math.abs(value / (perPercent[0] ?? 0) - 1) < 1e-6);
});

test('the sweep has a point for each width: its index recall, and its speed beside the exact scan', async (t) => {
  const { index } = await evaluation().catch((error) => {
    if (error.code === 'index-unavailable') t.skip('the native index is not installed');
    return { index: null };
  });
  if (index === null) return;
  const exact = { ...index.exact, queriesPerSecond: 50 };
  const sweep = index.sweep.map((point, at) => ({
    ...point,
    indexRecall: 0.5 + at / 100,
    queriesPerSecond: 200 + at,
  }));
  assert.deepEqual(
    rowsOf(sweepPlot({ ...index, exact, sweep })),
    sweep.map(({ ef }, at) => ({
      label: `ef ${ef}`,
      ef,
      recall: 100 * (0.5 + at / 100),
      speed: (200 + at) / 50,
    })),
  );
});
