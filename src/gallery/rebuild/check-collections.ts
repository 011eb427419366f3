import { existsSync, linkSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type FieldType, isName } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { asClause } from '../../json/index.ts';
import { loadIndex } from '../ann/load-index.ts';
import { removeShards, savedShards } from '../ann/shard-folders.ts';
import { checkCollectionFolder, checkDataFolder } from '../inspect/check-folder.ts';
import { databaseName, openChecked } from '../storage/collection-file.ts';
import type { Database } from '../storage/database.ts';
import { documentsOf } from '../storage/documents.ts';
import { readFields } from '../storage/fields.ts';
import type { Settings } from '../storage/settings.ts';
import { readState, type State } from '../storage/state.ts';
import { lockDataFolder } from '../worker/lock-data-folder.ts';
import type { CopyTarget, QuarantineRow } from './copy-target.ts';
import { Examination } from './examine.ts';
import type { Finding } from './findings.ts';
import { replaceFile } from './replace-file.ts';

/** Lines of SQLite about the pages of one file that are told. */
const maxPageFindings = 20;

const alone =
  'A repair replaces files, so it needs the folder for itself: stop that process (a server too), repair, and start it again. A check without a repair works beside it';

/** Options of `checkCollections`. */
export interface CheckOptions {
  /** True repairs, which takes the folder for itself. Default false: it is only read, also beside a server. */
  readonly repair?: boolean | undefined;
  /** True keeps what pictures say of the place where they were taken. Default false: a repair removes it. */
  readonly keepGps?: boolean | undefined;
  /** Called now and then with the collection, and the number of its items that were read. */
  readonly onProgress?: ((name: string, items: number) => void) | undefined;
}

/** A collection that was checked. */
export interface CheckedCollection {
  readonly name: string;
  /**
   * `repaired`: nothing damaged is in it any more; what was is in the table `quarantine`, or has to be made anew. A place in a
   * picture is no damage.
   */
  readonly state: 'clean' | 'damaged' | 'repaired';
  readonly findings: readonly Finding[];
  /** The file as it was, if something of it could not be read. */
  readonly kept?: string | undefined;
}

/**
 * Reads the collections of a data folder from end to end and compares all with its checksums. A repair makes the file of a
 * damaged collection anew from what is good; nothing is deleted.
 * @throws SnapshelfError `gallery-locked` if it is to repair what another process has open, `collection-not-found`,
 * `not-readable`, `disk-full`.
 */
export function checkCollections(directory: string, options: CheckOptions = {}): CheckedCollection[] {
  const root = join(directory, 'collections');
  if (!existsSync(root))
    throw new SnapshelfError('collection-not-found', `There is no data folder ${directory}.`, {
      details: { directory },
    });
  checkDataFolder(directory);
  const lock = options.repair === true ? lockDataFolder(directory, alone) : undefined;
  try {
    return readdirSync(root)
      .filter(isName)
      .sort()
      .map((name) => new CollectionCheck(join(root, name), name, options).run());
  } finally {
    lock?.release();
  }
}

class CollectionCheck {
  readonly #directory: string;
  readonly #file: string;
  readonly #name: string;
  readonly #options: CheckOptions;
  readonly #findings: Finding[] = [];
  readonly #onProgress: (items: number) => void;

  constructor(directory: string, name: string, options: CheckOptions) {
    this.#directory = directory;
    this.#file = join(directory, databaseName);
    this.#name = name;
    this.#options = options;
    this.#onProgress = (items) => options.onProgress?.(name, items);
  }

  run(): CheckedCollection {
    const found = this.#attempt(() => {
      checkCollectionFolder(this.#directory);
      const source = openChecked(this.#file);
      return { source, state: readState(source) };
    });
    if (found === undefined) return this.#result('damaged');
    using source = found.source;
    const { settings } = found.state;
    this.#checkPages(source);
    const onFinding = (finding: Finding): void => void this.#findings.push(finding);
    const options = { onFinding, onProgress: this.#onProgress, keepGps: this.#options.keepGps };
    this.#attempt(() => new Examination(source, settings, options).run());
    const fields = this.#attempt(() => readFields(source));
    this.#attempt(() => [...documentsOf(source, this.#tellDamage)]);
    const isFileClean = this.#findings.length === 0;
    this.#checkIndex(settings);
    if (this.#findings.length === 0) return this.#result('clean');
    const isDamaged = this.#findings.some(({ what }) => what !== 'place');
    if (this.#options.repair !== true) return this.#result(isDamaged ? 'damaged' : 'clean');
    if (isFileClean) return this.#result('repaired');
    return this.#repair(source, found.state, fields);
  }

  #checkPages(source: Database): void {
    const rows = this.#attempt(() =>
      source.all<{ integrity_check: string }>(`PRAGMA integrity_check(${maxPageFindings})`),
    );
    for (const { integrity_check: why } of rows ?? []) if (why !== 'ok') this.#tell('database', why);
  }

  /** An index is a cache: one that cannot be used is removed, and built when the collection is opened. */
  #checkIndex({ space }: Settings): void {
    const directory = join(this.#directory, `index-${space.generation}`);
    for (const folder of savedShards(directory).filter((path) => existsSync(path))) {
      const loaded = loadIndex(folder, space);
      if (!('problem' in loaded)) continue;
      this.#tell('index', loaded.problem);
      if (this.#options.repair === true) removeShards(directory);
      return;
    }
  }

  #repair(source: Database, state: State, fields: Map<string, FieldType> | undefined): CheckedCollection {
    const unreadable = this.#findings.some(
      ({ what, why }) => what === 'database' || /cannot be read/.test(why),
    );
    const kept = unreadable ? this.#keep() : undefined;
    const { settings, sequence } = state;
    const isRepaired = this.#attempt(() => {
      replaceFile(this.#file, settings, (target) => {
        const listener = { onFinding: () => undefined, onProgress: this.#onProgress };
        new Examination(source, settings, { ...listener, keepGps: this.#options.keepGps, target }).run();
        this.#attempt(() => keepQuarantine(source, target));
        this.#attempt(() => keepDocuments(source, target));
        target.finish(sequence, fields ?? new Map());
      });
      return true;
    });
    return this.#result(isRepaired === true ? 'repaired' : 'damaged', kept);
  }

  /** Gives the file a further name, under which it stays. */
  #keep(): string {
    const kept = join(this.#directory, `damaged-${new Date().toISOString().replaceAll(/[:.]/g, '-')}.sqlite`);
    linkSync(this.#file, kept);
    return kept;
  }

  /** Returns undefined, and tells why, for what cannot be read. */
  #attempt<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#tellDamage(error);
      return undefined;
    }
  }

  readonly #tellDamage = (error: unknown): void => {
    if (!(error instanceof SnapshelfError) || error.code !== 'gallery-damaged') throw error;
    this.#tell('database', asClause(String(error.details['why'] ?? error.message)));
  };

  #tell(what: Finding['what'], why: string): void {
    this.#findings.push({ what, id: null, sequence: 0, why });
  }

  #result(state: CheckedCollection['state'], kept?: string): CheckedCollection {
    return { name: this.#name, state, findings: this.#findings, ...(kept !== undefined && { kept }) };
  }
}

/** Takes the documents over that are not damaged. */
function keepDocuments(source: Database, target: CopyTarget): void {
  for (const { name, content } of documentsOf(source, () => {})) target.keepDocument(name, content);
}

function keepQuarantine(source: Database, target: CopyTarget): void {
  const hasTable = source.get("SELECT 1 FROM sqlite_schema WHERE name = 'quarantine'") !== undefined;
  if (!hasTable) return;
  const query = source.query<QuarantineRow>(
    'SELECT origin, sequence, part, why, since, content FROM quarantine',
  );
  target.transaction(() =>
    query.each([], (row) => {
      target.quarantineAgain(row);
      return true;
    }),
  );
}
