import { dirname, relative, resolve, sep } from 'node:path';
import { shown } from '../../json/index.ts';
import { canonical, counted, Trimmer } from '../../text.ts';
import type { ColumnType } from './columns.ts';
import { readCsvRows } from './csv-rows.ts';
import { invalidSource, listSome } from './invalid-source.ts';
import { fixedColumns, nearestColumn, nearMisses } from './near-names.ts';
import { type Row, readJsonRows, Values } from './rows.ts';
import { byId, type Dataset, idProblem, type Json, type Sample, type Split } from './sample.ts';
import { isFile, readText } from './text-file.ts';

const splits: readonly string[] = ['train', 'query', 'gallery', 'test'] satisfies Split[];

/** The manifest that rows belong to. */
interface Context {
  readonly source: string;
  /** The folder that paths are relative to. */
  readonly folder: string;
  readonly values: Values;
  readonly trimmer: Trimmer;
}

/** Reads the fields of one row; errors name its line. */
class RowReader {
  readonly #context: Context;
  readonly #row: Row;

  constructor(context: Context, row: Row) {
    this.#context = context;
    this.#row = row;
  }

  complain(problem: string, cause?: unknown): never {
    const { line } = this.#row;
    throw invalidSource(`${this.#context.source}, line ${line}: ${problem}.`, { cause, line });
  }

  optional(name: string): string | undefined {
    const value = this.#row.cells[name];
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value === 'number') return String(value);
    if (typeof value !== 'string') this.complain(`${name} must be text, not ${shown(value)}`);
    const text = this.#context.trimmer.trim(value, () => `line ${this.#row.line}, ${name}`);
    if (/[\p{Cc}\p{Cs}]/u.test(text)) this.complain(`${name} has control characters: ${shown(text)}`);
    return text === '' ? undefined : text;
  }

  required(name: string): string {
    const value = this.optional(name);
    if (value !== undefined) return value;
    const near = Object.keys(this.#row.cells).find((other) => nearestColumn(other) === name);
    return this.complain(`${name} is missing${near === undefined ? '' : `; is it ${shown(near)}?`}`);
  }

  split(): Split | undefined {
    const value = this.optional('split');
    if (value !== undefined && !splits.includes(value))
      this.complain(`split must be one of ${splits.join(', ')}, not ${shown(value)}`);
    return value as Split | undefined;
  }

  path(): string {
    const path = this.required('path');
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(path))
      this.complain(`path must name a file, not the address ${shown(path)}; download the picture first`);
    return path;
  }

  id(path: string): string {
    const { folder } = this.#context;
    const id = this.optional('id') ?? canonical(relative(folder, resolve(folder, path)).split(sep).join('/'));
    const problem = idProblem(id);
    if (problem === undefined) return id;
    const mend = id.includes('\\') ? ' write paths with "/", or' : '';
    return this.complain(`the id ${shown(id)} ${problem};${mend} give the row another in a column id`);
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
      return this.#context.values.parse(text);
    } catch (cause) {
      return this.complain('metadata is not JSON, or too much', cause);
    }
  }
}

/** A sample with the line that it comes from. */
interface Listed {
  readonly sample: Sample;
  readonly line: number;
  /** Spellings of its path, the most likely first: names on disk can be spelled otherwise than ids are. */
  readonly spellings: readonly string[];
}

function toSample(context: Context, row: Row): Listed {
  const reader = new RowReader(context, row);
  const path = reader.path();
  const label = reader.required('label');
  const id = reader.id(path);
  const productId = reader.optional('productId');
  const absolute = resolve(context.folder, path);
  const sample = { id, path: absolute, label, productId, split: reader.split(), metadata: reader.metadata() };
  const written = row.cells['path'];
  const spellings = [typeof written === 'string' ? written : path, path, path.normalize('NFD')];
  return { sample, line: row.line, spellings };
}

function checkUnique(source: string, listed: readonly Listed[]): void {
  const lines = new Map<string, number>();
  for (const { sample, line } of listed) {
    const { id } = sample;
    const before = lines.get(id);
    if (before !== undefined)
      throw invalidSource(`${source}, line ${line}: ${shown(id)} is already the id of line ${before}.`, {
        line,
      });
    lines.set(id, line);
  }
}

async function findFiles({ source, folder }: Context, listed: readonly Listed[]): Promise<Sample[]> {
  const samples: Sample[] = [];
  const missing: string[] = [];
  for (const { sample, line, spellings } of listed) {
    const path = await firstFile(spellings.map((spelled) => resolve(folder, spelled)));
    if (path === undefined) missing.push(`line ${line}: ${sample.path}`);
    else samples.push(path === sample.path ? sample : { ...sample, path });
  }
  if (missing.length > 0)
    throw invalidSource(
      `${source} names ${counted(missing.length, 'picture file that is', 'picture files that are')} not there: ${listSome(missing)}.`,
    );
  return samples;
}

async function firstFile(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await isFile(path)) return path;
  return undefined;
}

/** Returns what the manifest states: an empty column too, and the keys of the metadata column. */
function columnsOf(names: readonly string[], samples: readonly Sample[]): Dataset['columns'] {
  const metadata = new Set(names.filter((name) => name !== '' && !fixedColumns.has(name)));
  for (const sample of samples) for (const key of Object.keys(sample.metadata ?? {})) metadata.add(key);
  return { split: names.includes('split'), metadata: [...metadata] };
}

/**
 * Reads the pictures that a manifest lists: a CSV file with a header, or JSON Lines. Columns: `path` (relative to the
 * manifest; it may name any picture, also by `..` or an absolute path), `label`, and optionally `id` (default: the path),
 * `productId`, `split` and `metadata` (a JSON object). Every other column is added to the metadata; a column of a CSV file
 * has one type. At most a million rows of 128 Ki characters, 256 MiB in all.
 *
 * @param fieldTypes - the types that a collection has fixed for its metadata
 * @throws SnapshelfError `source-invalid`, `text-not-utf8`; `details.line` is the line
 */
export async function readManifest(
  source: string,
  fieldTypes: ReadonlyMap<string, ColumnType>,
): Promise<Dataset> {
  const text = await readText('The manifest', source);
  const read = source.toLowerCase().endsWith('.csv') ? readCsvRows : readJsonRows;
  const values = new Values();
  const trimmer = new Trimmer();
  const context = { source, folder: dirname(resolve(source)), values, trimmer };
  const { made, names, notes } = read(source, text, { values, fieldTypes }, (row) => toSample(context, row));
  if (made.length === 0) throw invalidSource(`The manifest ${source} lists no picture.`);
  checkUnique(source, made);
  const samples = (await findFiles(context, made)).sort(byId);
  const columns = columnsOf(names, samples);
  const remarks = [...nearMisses(names), ...notes, ...trimmer.notes()];
  return { source, samples, columns, leftOut: [], notes: remarks };
}
