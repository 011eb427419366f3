import type { SplitRow, SplitStage } from './split-schema.ts';
import { figuresOf, type StageMeasures } from './stage-measures.ts';

/** The titles of the stages. */
export const splitTitles: Readonly<Record<SplitStage, string>> = {
  float32: 'float32, exact search',
  int8: 'int8 model, exact search',
  shortened: 'shortened vectors, exact search',
  stored: 'as stored, exact search',
  index: 'index at its live settings',
  filter: 'with the filter',
  products: 'one answer per product',
};

/** Collects lines, each against the last that has figures. */
export class Lines {
  readonly rows: SplitRow[] = [];
  readonly #names: readonly string[];
  readonly #ids: readonly string[];
  readonly #seed: number;
  #above: { readonly stage: SplitStage; readonly measures: StageMeasures } | undefined;

  constructor(names: readonly string[], ids: readonly string[], seed: number) {
    this.#names = names;
    this.#ids = ids;
    this.#seed = seed;
  }

  /** Adds a line without figures, with the reason. */
  missing(stage: SplitStage, reason: string): void {
    const none = { against: null, figures: [], milliseconds: null, bytesPerItem: null, note: null };
    this.rows.push({ stage, title: splitTitles[stage], missing: reason.slice(0, 2000), ...none });
  }

  /** Adds a line with figures. */
  add(
    stage: SplitStage,
    measures: StageMeasures,
    rest: Pick<SplitRow, 'milliseconds' | 'bytesPerItem'> & { readonly note?: string | undefined },
  ): void {
    const above = this.#above;
    this.rows.push({
      stage,
      title: splitTitles[stage],
      missing: null,
      against: above?.stage ?? null,
      figures: figuresOf(this.#names, this.#ids, measures, above?.measures, this.#seed),
      ...rest,
      note: rest.note ?? null,
    });
    this.#above = { stage, measures };
  }
}
