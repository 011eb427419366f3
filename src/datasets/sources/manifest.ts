import { dirname, relative, resolve, sep } from 'node:path';
import { shown } from '../../json/index.ts';
import { invalidSource, listSome } from './invalid-source.ts';
import { fixedColumns, type Row, readCsvRows, readJsonRows, Values } from './rows.ts';
import { byId, type Dataset, idProblem, type Json, type Sample, type Split } from './sample.ts';
import { isFile, readText } from './text-file.ts';

const splits: readonly string[] = ['train', 'query', 'gallery', 'test'] satisfies Split[];

/** Reads the fields of one row; errors name its line. */
class RowReader {
  readonly #source: string;
  readonly #row: Row;
  readonly #values: Values;

  constructor(source: string, row: Row, values: Values) {
    this.#source = source;
    this.#row = row;
    this.#values = values;
  }

  complain(problem: string, cause?: unknown): never {
    const { line } = this.#row;
    throw invalidSource(`${this.#source}, line ${line}: ${problem}.`, { cause, line });
  }

  optional(name: string): string | undefined {
    const value = this.#row.cells[name];
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value === 'number') return String(value);
    if (typeof value !== 'string') this.complain(`${name} must be text, not ${shown(value)}`);
    if (/[\p{Cc}\p{Cs}]/u.test(value)) this.complain(`${name} has control characters: ${shown(value)}`);
    return value;
  }

  required(name: string): string {
    return this.optional(name) ?? this.complain(`${name} is missing`);
  }

  split(): Split | undefined {
    const value = this.optional('split');
    if (value !== undefined && !splits.includes(value))
      this.complain(`split must be one of ${splits.join(', ')}, not ${shown(value)}`);
    return value as Split | undefined;
  }

  /** Returns the other columns and the members of the metadata column, an object (in CSV as JSON), which win. */
  metadata(): Record<string, Json> | undefined {
    const others = Object.entries(this.#row.cells).filter(([name]) => !fixedColumns.has(name));
    const metadata = { ...Object.fromEntries(others), ...this.#metadataColumn() };
    return Object.keys(metadata).length === 0 ? undefined : metadata;
  }

  #metadataColumn(): Record<string, Json> {
    const cell = this.#row.cells['metadata'] ?? {};
    const value = typeof cell === 'string' ? this.#parse(cell) : cell;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      this.complain(`metadata must be a JSON object, not ${shown(value)}`);
    return value;
  }

  #parse(text: string): Json {
    try {
      return this.#values.parse(text);
    } catch (cause) {
      return this.complain('metadata is not JSON, or too much', cause);
    }
  }
}

function toSample(source: string, folder: string, row: Row, values: Values): Sample {
  const reader = new RowReader(source, row, values);
  const path = resolve(folder, reader.required('path'));
  const label = reader.required('label');
  const id = reader.optional('id') ?? relative(folder, path).split(sep).join('/');
  const problem = idProblem(id);
  if (problem !== undefined)
    reader.complain(`the id ${shown(id)} ${problem}; give the row another in a column id`);
  const productId = reader.optional('productId');
  return { id, path, label, productId, split: reader.split(), metadata: reader.metadata() };
}

function checkUnique(source: string, samples: readonly Sample[], places: readonly number[]): void {
  const lines = new Map<string, number>();
  for (const [at, { id }] of samples.entries()) {
    const line = places[at] ?? 0;
    const before = lines.get(id);
    if (before !== undefined)
      throw invalidSource(`${source}, line ${line}: ${shown(id)} is already the id of line ${before}.`, {
        line,
      });
    lines.set(id, line);
  }
}

async function checkFiles(
  source: string,
  samples: readonly Sample[],
  places: readonly number[],
): Promise<void> {
  const missing: string[] = [];
  for (const [at, { path }] of samples.entries())
    if (!(await isFile(path))) missing.push(`line ${places[at] ?? 0}: ${path}`);
  if (missing.length > 0)
    throw invalidSource(
      `${source} names ${missing.length} picture files that are not there: ${listSome(missing)}.`,
    );
}

/**
 * Reads the pictures that a manifest lists: a CSV file with a header, or JSON Lines. Columns: `path` (relative to the
 * manifest; it may name any picture, also by `..` or an absolute path), `label`, and optionally `id` (default: the path),
 * `productId`, `split` and `metadata` (a JSON object). Every other column is added to the metadata,
 * numbers in CSV as numbers. At most a million rows of 128 Ki characters, 256 MiB in all.
 *
 * @throws SnapshelfError `source-invalid`; `details.line` is the line
 */
export async function readManifest(source: string): Promise<Dataset> {
  const text = await readText('The manifest', source);
  const folder = dirname(resolve(source));
  const read = source.toLowerCase().endsWith('.csv') ? readCsvRows : readJsonRows;
  const values = new Values();
  const lines: number[] = [];
  const samples = read(source, text, values, (row) => {
    lines.push(row.line);
    return toSample(source, folder, row, values);
  });
  if (samples.length === 0) throw invalidSource(`The manifest ${source} lists no picture.`);
  checkUnique(source, samples, lines);
  await checkFiles(source, samples, lines);
  return { source, samples: samples.sort(byId), leftOut: [], notes: [] };
}
