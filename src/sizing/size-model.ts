import type { EngineFigures, SizePoint } from './figures.ts';
import { fitNonNegative, type Row } from './fit.ts';

/** The size of one copy of a collection in an engine. */
export interface Size {
  readonly memoryBytes: number;
  readonly diskBytes: number;
  /** Processor seconds of the import with its index, pictures not embedded. */
  readonly buildSeconds: number;
  /** Processor microseconds of a search in the engine. */
  readonly queryMicros: number;
  /** Processor microseconds of a search in a server before the engine. */
  readonly serverMicros: number;
}

/** The terms that sizes are sums of: a base and a part for each item and number; HNSW's walks with the logarithm of the items. */
const forms: Readonly<Record<keyof Size, (items: number, dimension: number) => Row>> = {
  memoryBytes: (n, d) => [1, n, n * d],
  diskBytes: (n, d) => [1, n, n * d],
  buildSeconds: (n, d) => [n, n * Math.log2(n), n * Math.log2(n) * d],
  queryMicros: (n, d) => [1, Math.log2(n), Math.log2(n) * d],
  serverMicros: (_, d) => [1, d],
};

/** The error at the check up to which a value of the model is given as one. */
const tolerance = 0.3;

const measured = ([, , ...values]: SizePoint): Size => {
  const [memoryBytes, diskBytes, buildSeconds, queryMicros, serverMicros] = values;
  return { memoryBytes, diskBytes, buildSeconds, queryMicros, serverMicros };
};

const keys = Object.keys(forms) as (keyof Size)[];
const eachKey = (of: (key: keyof Size) => number): Size =>
  Object.fromEntries(keys.map((key) => [key, of(key)])) as unknown as Size;

/** Sizes of an engine's collections, fitted to all points that were measured but the last. */
export class SizeModel {
  readonly #coefficients: Readonly<Record<keyof Size, Row>>;
  readonly figures: EngineFigures;

  constructor(figures: EngineFigures) {
    this.figures = figures;
    const fitted = figures.points.slice(0, -1);
    const fit = (key: keyof Size): Row =>
      fitNonNegative(
        fitted.map(([items, dimension]) => forms[key](items, dimension)),
        fitted.map((point) => measured(point)[key]),
      );
    this.#coefficients = Object.fromEntries(keys.map((key) => [key, fit(key)])) as Record<keyof Size, Row>;
  }

  /** Returns what one copy of so many items takes. */
  sizeOf(items: number, dimension: number): Size {
    return eachKey((key) =>
      forms[key](items, dimension).reduce(
        (sum, value, i) => sum + value * (this.#coefficients[key][i] ?? 0),
        0,
      ),
    );
  }

  /**
   * Returns the least and the largest factor that a value of the model may be wrong by: both 1 where it is right within 30 % at the
   * check, else one of them is what would have made it right there.
   */
  rangeOf(key: keyof Size): readonly [low: number, high: number] {
    const off = this.check.off[key];
    const factor = Math.abs(off) <= tolerance ? 1 : 1 / (1 + off);
    return [Math.min(1, factor), Math.max(1, factor)];
  }

  /** The collection that nothing was fitted to: its size as measured, and by how much of it the model is off (0.1: 10 % too high). */
  get check(): {
    readonly items: number;
    readonly dimension: number;
    readonly measured: Size;
    readonly off: Size;
  } {
    const point = this.figures.points.at(-1) as SizePoint;
    const [items, dimension] = point;
    const truth = measured(point);
    const told = this.sizeOf(items, dimension);
    return {
      items,
      dimension,
      measured: truth,
      off: eachKey((key) => (truth[key] === 0 ? 0 : told[key] / truth[key] - 1)),
    };
  }
}
