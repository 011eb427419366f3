import type { TopLevelSpec } from 'vega-lite';
import type { ChanceCurve, CrossCheck, SeenBin } from '../matching/index.ts';
import { transparentTheme } from './plot.ts';

const size = { width: 380, height: 230, config: transparentTheme } as const;
const ours = '#4c78a8';
const other = '#e4812a';
const faint = '#888888';
const ink = '#444444';

const quantitative = (field: string, title: string, extra: object = {}) =>
  ({ field, type: 'quantitative', title, ...extra }) as const;

/** A share in percent, without the digits of binary fractions. */
const percent = (share: number): number => Number((100 * share).toPrecision(6));

const wholeRange = { scale: { domain: [0, 100] } } as const;

/** The axis of rates: logarithmic, since 1 % and 2 % differ as 10 % and 20 % do. */
const rateAxis = (field: string, title: string) =>
  quantitative(field, title, {
    scale: { type: 'log', nice: false },
    axis: { values: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50], format: '~g' },
  });

const mark = { type: 'point', filled: true, size: 70, opacity: 1 } as const;

/** Dashes of lines that nothing was measured for. */
const dashes: number[] = [4, 4];

const labels = { type: 'text', dx: 8, dy: -9, align: 'left', fontWeight: 'bold', color: ink } as const;

/** The false rejects of a calibration at each rate, with their interval. */
const rejectsOf = (rates: CrossCheck['rates']) =>
  rates.flatMap(({ rate, falseRejects: seen }) =>
    seen === null
      ? []
      : [
          {
            way: 'this calibration',
            rate: percent(rate),
            rejects: percent(seen.share),
            low: percent(seen.low),
            high: percent(seen.high),
          },
        ],
  );

/**
 * Makes the plot of false rejects by the rate of false matches: of the calibration on searches that it does not know, and of the best
 * single threshold on the score in hindsight.
 * @param marked rates whose thresholds are marked
 */
export function tradeOffPlot({ rates }: CrossCheck, marked: readonly number[]): TopLevelSpec {
  const points = rejectsOf(rates);
  const hindsight = rates.map(({ rate, inHindsight }) => ({
    way: 'best single threshold, in hindsight',
    rate: percent(rate),
    rejects: percent(inHindsight),
  }));
  const told = points
    .filter(({ rate }) => marked.some((one) => percent(one) === rate))
    .map((point) => ({ ...point, label: `${point.rate} %` }));
  const x = rateAxis('rate', 'false matches, % of searches for what is not there');
  const title = 'not found or wrong, %';
  const y = quantitative('rejects', title, wholeRange);
  const color = {
    field: 'way',
    type: 'nominal',
    sort: null,
    scale: { range: [ours, other] },
    legend: { orient: 'bottom', title: null, columns: 1, symbolType: 'square', symbolOpacity: 1 },
  } as const;
  const band = { x, y: quantitative('low', title, wholeRange), y2: { field: 'high' } };
  return {
    ...size,
    layer: [
      {
        data: { values: points },
        mark: { type: 'area', opacity: 0.2, color: ours },
        encoding: band,
      },
      { data: { values: [...points, ...hindsight] }, mark: { type: 'line' }, encoding: { x, y, color } },
      { data: { values: told }, mark: { ...mark, color: ours }, encoding: { x, y } },
      { data: { values: told }, mark: labels, encoding: { x, y, text: { field: 'label' } } },
    ],
  };
}

/** Makes the plot of the false matches that were seen by the rate that was promised. */
export function promisePlot({ rates }: CrossCheck): TopLevelSpec {
  const least = (rates[0]?.rate ?? 0.01) / 4;
  const most = rates.at(-1)?.rate ?? 0.5;
  // A logarithmic axis has no place for 0.
  const at = (share: number): number => percent(Math.max(share, least));
  const points = rates.flatMap(({ rate, falseMatches: seen }) =>
    seen === null
      ? []
      : [{ rate: percent(rate), seen: at(seen.share), low: at(seen.low), high: at(seen.high) }],
  );
  const line = [rates[0]?.rate ?? 0.01, most].map((rate) => ({ rate: percent(rate), seen: percent(rate) }));
  const x = rateAxis('rate', 'promised, %');
  const y = rateAxis('seen', 'seen, %');
  return {
    ...size,
    layer: [
      {
        data: { values: line },
        mark: { type: 'line', strokeDash: dashes, color: faint },
        encoding: { x, y },
      },
      {
        data: { values: points },
        mark: { type: 'rule', color: ours },
        encoding: { x, y: rateAxis('low', 'seen, %'), y2: { field: 'high' } },
      },
      { data: { values: points }, mark: { ...mark, color: ours }, encoding: { x, y } },
    ],
  };
}

const binRows = (bins: readonly SeenBin[], scale: (at: number) => number) =>
  bins.map(({ at, share, low, high, of }) => ({
    at: scale(at),
    right: percent(share),
    low: percent(low),
    high: percent(high),
    of,
  }));

/** The layers of bins: their share with its interval. */
function binLayers(values: ReturnType<typeof binRows>, x: ReturnType<typeof quantitative>) {
  const title = 'right, %';
  const interval = { x, y: quantitative('low', title, wholeRange), y2: { field: 'high' } };
  return [
    { data: { values }, mark: { type: 'rule', color: ours }, encoding: interval },
    {
      data: { values },
      mark: { ...mark, color: ours },
      encoding: { x, y: quantitative('right', title, wholeRange) },
    },
  ] as const;
}

/** Makes the plot of right answers by their confidence, on searches that the calibration does not know. */
export function reliabilityPlot({ confidences }: CrossCheck): TopLevelSpec {
  const x = quantitative('at', 'confidence, %', wholeRange);
  const values = [0, 100].map((at) => ({ at, right: at }));
  const ideal = {
    data: { values },
    mark: { type: 'line', strokeDash: dashes, color: faint },
    encoding: { x, y: quantitative('right', 'right, %', wholeRange) },
  } as const;
  return { ...size, layer: [ideal, ...binLayers(binRows(confidences, percent), x)] };
}

/** A threshold that a plot marks. */
export interface MarkedThreshold {
  readonly rate: number;
  /** null: nothing is accepted. */
  readonly strength: number | null;
}

/** The layers of thresholds: a line for each with its rate. The labels of two that are near each other stand on either side. */
function thresholdLayers(
  thresholds: readonly MarkedThreshold[],
  x: ReturnType<typeof quantitative>,
  y: ReturnType<typeof quantitative>,
) {
  const marks = thresholds
    .flatMap(({ rate, strength }) => (strength === null ? [] : [{ rate, strength }]))
    .sort((a, b) => a.strength - b.strength)
    .map(({ rate, strength }, i) => ({
      at: strength,
      right: 100,
      label: `${percent(rate)} %`,
      isFirst: i === 0,
    }));
  const label = (isFirst: boolean) =>
    ({
      data: { values: marks.filter((one) => one.isFirst === isFirst) },
      mark: { type: 'text', dx: isFirst ? -3 : 3, dy: -6, align: isFirst ? 'right' : 'left', color: ink },
      encoding: { x, y, text: { field: 'label' } },
    }) as const;
  const rule = {
    data: { values: marks },
    mark: { type: 'rule', strokeDash: dashes, color: other },
    encoding: { x },
  } as const;
  return [rule, label(true), label(false)] as const;
}

/** Makes the plot from strength to chance: the curve, what was seen, and the thresholds. */
export function chancePlot(
  curve: ChanceCurve,
  bins: readonly SeenBin[],
  thresholds: readonly MarkedThreshold[],
): TopLevelSpec {
  const x = quantitative('at', 'strength of the nearest answer', { scale: { zero: false } });
  const y = quantitative('right', 'right, %', wholeRange);
  const values = curve.scores.map((at, i) => ({ at, right: percent(curve.chances[i] ?? 0) }));
  return {
    ...size,
    layer: [
      ...thresholdLayers(thresholds, x, y),
      { data: { values }, mark: { type: 'line', color: ours }, encoding: { x, y } },
      ...binLayers(
        binRows(bins, (at) => at),
        x,
      ),
    ],
  };
}
