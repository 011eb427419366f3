import { type FailedItem, type Finish, finished } from './import-items.ts';
import type { BatchItemInput, VectorsResult } from './types.ts';

/** The fields of an item that has a vector in the place of a picture. */
export type VectorItemInput = Omit<BatchItemInput, 'image' | 'url'>;

/** Items with their vectors. */
export interface VectorRows {
  /** The model that made the vectors, that of the collection: its name, or its identity or the beginning of it. */
  readonly model: string;
  readonly items: readonly VectorItemInput[];
  /** `float32[N,D]`, row i for item i; or a list of N vectors. */
  readonly vectors: Float32Array | readonly ArrayLike<number>[];
}

/** An item to import, with its vector. */
export type VectorToImport = VectorItemInput & { readonly vector: ArrayLike<number> };

/** The counts of an import of vectors so far. */
export interface VectorImportProgress {
  /** Items that are done, those that failed included. */
  readonly done: number;
  readonly added: number;
  /** Items that were there and differed. */
  readonly replaced: number;
  readonly unchanged: number;
  readonly failed: readonly FailedItem[];
  /** Sentences about what the server read otherwise than it was sent. */
  readonly notes: readonly string[];
}

/** Options of an import of vectors. */
export interface ImportVectorsOptions {
  /** The model that made the vectors, as `VectorRows.model`. */
  readonly model: string;
  /** True refuses metadata of another type than its field's. Default false. */
  readonly strict?: boolean | undefined;
  /** Is called after each request. */
  readonly onProgress?: ((progress: VectorImportProgress) => void) | undefined;
  /** Items per request, 1 to 10,000. Default 1,000. */
  readonly batchItems?: number | undefined;
}

/** Puts vectors behind one another. @throws TypeError if they are not of one length. */
function flat(vectors: readonly ArrayLike<number>[]): Float32Array<ArrayBuffer> {
  const length = vectors[0]?.length ?? 0;
  const all = new Float32Array(vectors.length * length);
  for (const [row, vector] of vectors.entries()) {
    if (vector.length !== length)
      throw new TypeError(`Vector ${row} has ${vector.length} numbers, the first one ${length}.`);
    all.set(vector, row * length);
  }
  return all;
}

/** Makes the form of a request of vectors. @throws TypeError for vectors of several lengths. */
export function vectorForm({ model, items, vectors }: VectorRows, strict?: boolean): FormData {
  const numbers = vectors instanceof Float32Array ? new Float32Array(vectors) : flat(vectors);
  const form = new FormData();
  form.set('model', model);
  if (strict !== undefined) form.set('strict', String(strict));
  form.set('vectors', new Blob([numbers], { type: 'application/octet-stream' }), 'vectors.f32');
  const lines = items.map((item) => `${JSON.stringify(item)}\n`);
  form.set('items', new Blob(lines, { type: 'application/x-ndjson' }), 'items.jsonl');
  return form;
}

const counted = (before: VectorImportProgress, answer: VectorsResult): VectorImportProgress => {
  const { stored, failed, added, replaced, unchanged, failures, notes = [], widened = [] } = answer;
  const told = widened.map(({ field, from }) => `The metadata field "${field}" became text; it was ${from}.`);
  return {
    done: before.done + stored + failed,
    added: before.added + added,
    replaced: before.replaced + replaced.length,
    unchanged: before.unchanged + unchanged,
    failed: [
      ...before.failed,
      ...failures.map(({ id, error }) => ({ id: id ?? '', code: error.code, message: error.detail })),
    ],
    notes: [...new Set([...before.notes, ...notes, ...told])],
  };
};

/** Sends items with vectors in batches, one after the other, and returns what was done. */
export async function importVectorsTo(
  target: Finish & { put(rows: VectorRows): Promise<VectorsResult> },
  items: Iterable<VectorToImport> | AsyncIterable<VectorToImport>,
  { model, batchItems = 1000, onProgress }: ImportVectorsOptions,
): Promise<VectorImportProgress> {
  let progress: VectorImportProgress = {
    done: 0,
    added: 0,
    replaced: 0,
    unchanged: 0,
    failed: [],
    notes: [],
  };
  let batch: VectorToImport[] = [];
  const send = async (): Promise<void> => {
    const vectors = batch.map(({ vector }) => vector);
    const rows = { model, items: batch.map(({ vector: _, ...item }) => item), vectors };
    batch = [];
    progress = counted(progress, await target.put(rows));
    onProgress?.(progress);
  };
  for await (const item of items) {
    batch.push(item);
    if (batch.length >= batchItems) await send();
  }
  if (batch.length > 0) await send();
  return finished(target, progress);
}
