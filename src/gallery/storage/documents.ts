import { checkDocument, checkDocumentKey, isName, maxDocument } from '../../engine/index.ts';
import { checksumOfValues, isRight } from './checksum.ts';
import type { Database } from './database.ts';
import { damaged } from './sqlite-errors.ts';
import { documentsStatement } from './tables.ts';

/** More documents than any collection has. */
const maxDocuments = 16;

interface DocumentRow {
  readonly name: string;
  readonly checksum: number;
  readonly content: string;
}

const hasTable = (database: Database): boolean =>
  database.get("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'documents'") !== undefined;

/** The small documents that are kept with a collection. */
export class Documents {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Lists them: by key, a text that changes with the document; undefined for none. */
  revisions(): Record<string, string> | undefined {
    if (!hasTable(this.#database)) return undefined;
    const sql = 'SELECT name, checksum, length(content) AS length FROM documents ORDER BY name LIMIT ?';
    const rows = this.#database.all<Omit<DocumentRow, 'content'> & { length: number }>(sql, maxDocuments);
    if (rows.length === 0) return undefined;
    return Object.fromEntries(rows.map(({ name, checksum, length }) => [name, `${checksum}-${length}`]));
  }

  /** Reads one; undefined if there is none. @throws SnapshelfError `gallery-damaged`. */
  get(key: string): string | undefined {
    checkDocumentKey(key);
    if (!hasTable(this.#database)) return undefined;
    const sql = 'SELECT name, checksum, content FROM documents WHERE name = ?';
    const row = this.#database.get<DocumentRow>(sql, key);
    return row === undefined ? undefined : checked(this.#database, row).content;
  }

  /** Writes one, or removes it. @throws SnapshelfError `item-invalid`, `disk-full`. */
  set(key: string, content: string | undefined): void {
    checkDocument(key, content);
    const database = this.#database;
    if (content === undefined && !hasTable(database)) return;
    database.transaction(() => {
      if (!hasTable(database)) database.exec(documentsStatement);
      database.run('DELETE FROM documents WHERE name = ?', key);
      if (content === undefined) return;
      const checksum = checksumOfValues([key, content]);
      database.run('INSERT INTO documents VALUES (?, ?, ?)', key, checksum, content);
    });
  }
}

/**
 * Yields the documents of a file, which may be anybody's.
 * @param onDamaged is given the error of a document that is damaged, which is passed over. Default: it is thrown
 * @throws SnapshelfError `gallery-damaged`.
 */
export function* documentsOf(
  database: Database,
  onDamaged?: (error: unknown) => void,
): Generator<{ readonly name: string; readonly content: string }> {
  if (!hasTable(database)) return;
  const sql = 'SELECT name, checksum, content FROM documents LIMIT ?';
  for (const row of database.all<DocumentRow>(sql, maxDocuments))
    try {
      yield checked(database, row);
    } catch (error) {
      if (onDamaged === undefined) throw error;
      onDamaged(error);
    }
}

function checked(database: Database, row: DocumentRow): DocumentRow {
  const { name, checksum, content } = row;
  const isPlausible = isName(name) && content.length <= maxDocument;
  if (isPlausible && isRight(checksum, () => checksumOfValues([name, content]))) return row;
  throw damaged(database.file, `the document ${JSON.stringify(name)} is not what was stored`);
}
