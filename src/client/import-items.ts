import { ClientError, ProblemError } from './client-errors.ts';
import type { BatchItemInput, BatchResult, Picture } from './types.ts';

/** A picture to import: `image` may be a function, which is called when its turn has come. */
export type ImportItem = Omit<BatchItemInput, 'image' | 'url'> & {
  readonly image: Picture | (() => Picture | Promise<Picture>);
};

/** An item that was not imported, and why. */
export interface FailedItem {
  readonly id: string;
  readonly code: string;
  readonly message: string;
}

/** The counts of an import so far. */
export interface ImportProgress {
  /** Items that are done, those that failed included. */
  readonly done: number;
  /** Bytes of pictures that were sent. */
  readonly bytes: number;
  readonly added: number;
  /** Items that were there and differed. */
  readonly replaced: number;
  readonly unchanged: number;
  readonly failed: readonly FailedItem[];
  /** Sentences about what the server read otherwise than it was sent. */
  readonly notes: readonly string[];
}

/** Options of an import. */
export interface ImportOptions {
  /** Is called after each batch. */
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  /** Most pictures per request, 1 to 64. Default 16. */
  readonly batchItems?: number | undefined;
  /** Bytes of pictures from which a request is sent. Default 12 MiB. */
  readonly batchBytes?: number | undefined;
}

interface Loaded {
  readonly item: BatchItemInput & { readonly image: Blob };
  readonly id: string;
}

/** The calls that an import makes. */
interface Target extends Finish {
  put(items: readonly BatchItemInput[]): Promise<BatchResult>;
  load(picture: Picture): Promise<Blob>;
}

/** The call that says that an import is over. */
export interface Finish {
  finish(counts: Record<'added' | 'replaced' | 'unchanged' | 'failed', number>): Promise<unknown>;
}

/** Says that an import is over, and returns its counts. What was stored stays, whatever comes of it. */
export async function finished<T extends Omit<ImportProgress, 'bytes'>>(
  target: Finish,
  progress: T,
): Promise<T> {
  const { added, replaced, unchanged, failed, notes } = progress;
  try {
    await target.finish({ added, replaced, unchanged, failed: failed.length });
    return progress;
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    // A server of an earlier release has no webhooks.
    if (error.code === 'route-not-found') return progress;
    const note = `All is stored, but webhooks were not told that the import is over: ${error.message}`;
    return { ...progress, notes: [...notes, note] };
  }
}

/** An import under way. */
class Import {
  readonly #target: Target;
  readonly #options: ImportOptions;
  #progress: ImportProgress = {
    done: 0,
    bytes: 0,
    added: 0,
    replaced: 0,
    unchanged: 0,
    failed: [],
    notes: [],
  };

  constructor(target: Target, options: ImportOptions) {
    this.#target = target;
    this.#options = options;
  }

  async run(items: Iterable<ImportItem> | AsyncIterable<ImportItem>): Promise<ImportProgress> {
    const { batchItems = 16, batchBytes = 12 * 2 ** 20 } = this.#options;
    let batch: Loaded[] = [];
    let bytes = 0;
    for await (const item of items) {
      const loaded = await this.#load(item);
      if (loaded === undefined) continue;
      batch.push(loaded);
      bytes += loaded.item.image.size;
      if (batch.length < batchItems && bytes < batchBytes) continue;
      await this.#send(batch);
      batch = [];
      bytes = 0;
    }
    if (batch.length > 0) await this.#send(batch);
    return finished(this.#target, this.#progress);
  }

  /** Reads a picture; one that cannot be read fails alone. */
  async #load({ image, ...fields }: ImportItem): Promise<Loaded | undefined> {
    const id = String(fields.id);
    try {
      const picture = await this.#target.load(typeof image === 'function' ? await image() : image);
      return { id, item: { ...fields, image: picture } };
    } catch (error) {
      const code = error instanceof ClientError ? error.code : 'picture-unreadable';
      this.#fail(id, code, error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  /** Sends a batch; one that is refused as a whole is sent in halves, to find what it is refused for. */
  async #send(batch: readonly Loaded[]): Promise<void> {
    try {
      this.#count(batch, await this.#target.put(batch.map(({ item }) => item)));
    } catch (error) {
      if (!(error instanceof ProblemError && [400, 413].includes(error.status))) throw error;
      const [first] = batch;
      if (batch.length === 1 && first !== undefined) return this.#fail(first.id, error.code, error.message);
      const middle = Math.ceil(batch.length / 2);
      await this.#send(batch.slice(0, middle));
      await this.#send(batch.slice(middle));
    }
  }

  #count(batch: readonly Loaded[], { results, notes = [], widened = [] }: BatchResult): void {
    const before = this.#progress;
    const changes = results.map((one) => ('change' in one ? one.change : undefined));
    const count = (...wanted: readonly string[]): number =>
      changes.filter((change) => change !== undefined && wanted.includes(change)).length;
    const failed = results.flatMap((one) =>
      'error' in one ? [{ id: one.id, code: one.error.code, message: one.error.detail }] : [],
    );
    const text = widened.map(
      ({ field, from }) => `The metadata field "${field}" became text; it was ${from}.`,
    );
    this.#tell({
      done: before.done + results.length,
      bytes: before.bytes + batch.reduce((sum, { item }) => sum + item.image.size, 0),
      added: before.added + count('added'),
      replaced: before.replaced + count('replaced', 'updated'),
      unchanged: before.unchanged + count('unchanged'),
      failed: [...before.failed, ...failed],
      notes: [...new Set([...before.notes, ...notes, ...text])],
    });
  }

  #fail(id: string, code: string, message: string): void {
    const { done, failed } = this.#progress;
    this.#tell({ ...this.#progress, done: done + 1, failed: [...failed, { id, code, message }] });
  }

  #tell(progress: ImportProgress): void {
    this.#progress = progress;
    this.#options.onProgress?.(progress);
  }
}

/** Imports pictures in batches, one after the other, and returns what was done. @throws ClientError */
export const importTo = (
  target: Target,
  items: Iterable<ImportItem> | AsyncIterable<ImportItem>,
  options: ImportOptions,
): Promise<ImportProgress> => new Import(target, options).run(items);
