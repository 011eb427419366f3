import type { Load } from './meter.ts';
import { Row, type RowOptions, type Terms } from './row.ts';

/** What a scenario is given: a folder of its own, and the rows that it fills. */
export class Torture {
  /** An empty folder, which is removed afterwards. */
  readonly folder: string;
  readonly terms: Terms;
  readonly rows: Row[] = [];
  /** Lines below the table. */
  readonly remarks: string[] = [];
  #load: Load | undefined;

  constructor(folder: string, terms: Terms) {
    this.folder = folder;
    this.terms = terms;
  }

  /** Adds a row to the table. */
  row(title: string, options: RowOptions): Row {
    const row = new Row(title, this.terms, options);
    this.rows.push(row);
    return row;
  }

  /** Adds a line below the table. */
  remark(text: string): void {
    this.remarks.push(text);
  }

  /** Takes the load of another process into account, such as that of a server. */
  note({ delayMs, megabytes }: Load): void {
    this.#load = {
      delayMs: Math.max(this.#load?.delayMs ?? 0, delayMs ?? 0),
      megabytes: Math.max(this.#load?.megabytes ?? 0, megabytes),
    };
  }

  /** The load of the processes that were noted; undefined if none was. */
  get load(): Load | undefined {
    return this.#load;
  }
}

/** A file of `scenarios/` exports one. */
export interface Scenario {
  /** The number of rows that share the time. */
  readonly rows: number;
  /** The part of the run's time that it takes, relative to the others'. */
  readonly share: number;
  run(torture: Torture): Promise<void>;
}
