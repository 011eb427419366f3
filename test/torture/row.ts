import { mixSeed, randomNumbers } from '../../src/random.ts';

/** How far what is thrown at the program got, in this order. */
export const depths = ['sniffed', 'header', 'decoded', 'stored'] as const;
export type Depth = (typeof depths)[number];

/** The share of the run that a scenario may take, and what is asked for. */
export interface Terms {
  readonly seed: number;
  /** Seconds for one row of the table. */
  readonly seconds: number;
  /** True tries as often as the row wants to, however long that takes. */
  readonly full: boolean;
  /** True ends a row at its first loss: a control needs no more. */
  readonly firstLoss?: boolean | undefined;
  /** Only rows whose title has this text are filled. */
  readonly row?: string | undefined;
  /** The only number to try, to repeat a loss. */
  readonly only?: number | undefined;
}

/** Options of a row. */
export interface RowOptions {
  /** Tries of a full run. */
  readonly wanted: number;
  /** Tries of the shortest run. Default 1. */
  readonly least?: number;
  /** Tries that are made at a time. Default 1. */
  readonly atOnce?: number;
  /** Tries that one call makes together. Default 1. */
  readonly batch?: number;
}

/** One try: its number and numbers of its own, which follow from the seed of the run. */
export interface Try {
  readonly number: number;
  readonly seed: number;
  readonly random: () => number;
  /** Notes that this try got so far. */
  reached(...depths: readonly Depth[]): void;
  /** Notes a loss, of a call that makes several tries. */
  lose(what: string): void;
}

/** The figures of a row, as plain data. */
export interface Figures {
  readonly title: string;
  readonly wanted: number;
  readonly tried: number;
  readonly held: number;
  /** What was lost, or a lie: at most the first 8. */
  readonly losses: readonly string[];
  readonly lost: number;
  readonly depths: Readonly<Partial<Record<Depth, number>>>;
  /** The reason why nothing was tried. */
  readonly skipped?: string | undefined;
}

const longestList = 8;

/** A row of the table: what was tried, how far it got, and what did not hold. */
export class Row {
  readonly title: string;
  readonly #terms: Terms;
  readonly #options: RowOptions;
  readonly #depths: Partial<Record<Depth, number>> = {};
  readonly #losses: string[] = [];
  #tried = 0;
  #lost = 0;
  #skipped: string | undefined;

  constructor(title: string, terms: Terms, options: RowOptions) {
    this.title = title;
    this.#terms = terms;
    this.#options = options;
  }

  /** Notes why nothing is tried. */
  skip(reason: string): void {
    this.#skipped = reason;
  }

  /** Notes further tries that one call made. */
  count(tries: number): void {
    this.#tried += tries;
  }

  /** Notes a loss that no single try stands for. */
  lose(what: string): void {
    this.#lost += 1;
    if (this.#losses.length < longestList) this.#losses.push(`${this.title}: ${what}`);
  }

  /** The row says that so many tries reach a depth, of a kind whose tries have one: at least half must pass the first. */
  expectDepth(depth: Depth): void {
    const passed = this.#depths[depth] ?? 0;
    // Three in four pass: of fewer tries, less than half would do so by chance now and then.
    if (this.#tried >= 40 && passed < this.#tried / 2)
      this.lose(`only ${passed} of ${this.#tried} got as far as "${depth}"`);
  }

  /** False if the run is about another row. */
  get isWanted(): boolean {
    return this.title.includes(this.#terms.row ?? '');
  }

  /** Makes tries until the time is over. What `attempt` throws is a loss; else the try has held. */
  async run(attempt: (one: Try) => Promise<void> | void): Promise<void> {
    const { only, seconds, full, firstLoss = false } = this.#terms;
    if (!this.isWanted) return;
    const { wanted, least = 1, atOnce = 1, batch = 1 } = this.#options;
    const end = performance.now() + 1000 * seconds;
    const isOver = (): boolean =>
      (firstLoss && this.#lost > 0) ||
      (this.#tried >= least && (!full || this.#tried >= wanted) && performance.now() > end);
    if (only !== undefined) {
      this.#tried = batch;
      return this.#attempt(this.#try(only), attempt);
    }
    let next = 0;
    const lane = async (): Promise<void> => {
      while (!isOver()) {
        this.#tried += batch;
        await this.#attempt(this.#try(next++), attempt);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, lane));
  }

  /** Makes one try, whatever the time. */
  async once(attempt: (one: Try) => Promise<void> | void): Promise<void> {
    if (!this.isWanted) return;
    this.#tried += 1;
    await this.#attempt(this.#try(0), attempt);
  }

  #try(number: number): Try {
    const seed = mixSeed(this.#terms.seed, number, ...Buffer.from(this.title));
    const lose = (what: string): void => this.lose(`try ${number}: ${what}`);
    return { number, seed, random: randomNumbers(seed), reached: this.#reached, lose };
  }

  #reached = (...reached: readonly Depth[]): void => {
    for (const depth of reached) this.#depths[depth] = (this.#depths[depth] ?? 0) + 1;
  };

  async #attempt(one: Try, attempt: (one: Try) => Promise<void> | void): Promise<void> {
    try {
      await attempt(one);
    } catch (error) {
      const { message, stack } = error as Error;
      const where = /[\w-]+\.[jt]s:\d+/.exec(stack ?? '')?.[0] ?? '';
      this.lose(`try ${one.number}: ${message.slice(0, 600)} (${where})`);
    }
  }

  get figures(): Figures {
    return {
      title: this.title,
      wanted: this.#options.wanted,
      tried: this.#tried,
      held: Math.max(0, this.#tried - this.#lost),
      losses: this.#losses,
      lost: this.#lost,
      depths: this.#depths,
      ...(this.#skipped !== undefined && { skipped: this.#skipped }),
    };
  }
}
