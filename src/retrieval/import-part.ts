import { z } from 'zod';
import { type ErrorCode, errorCatalogue, SnapshelfError } from '../errors.ts';
import type { FailedSample, ImportReport, ImportSample } from './import-types.ts';
import { NamedList } from './named-list.ts';

const count = z.int().min(0);
const named = z.strictObject({ count, first: z.array(z.string()) });
const report = z.strictObject({
  added: count,
  unchanged: count,
  replaced: named,
  updated: named,
  failed: z.array(
    z.strictObject({ id: z.string(), path: z.string(), code: z.string(), message: z.string() }),
  ),
  widened: z.array(
    z.strictObject({ field: z.string(), from: z.enum(['text', 'number', 'boolean', 'list']) }),
  ),
});

/** The report of a part of an import, as other processes read it. */
export type PartReport = z.output<typeof report>;

const codeOf = (text: string): ErrorCode =>
  Object.hasOwn(errorCatalogue, text) ? (text as ErrorCode) : 'internal';

/** Returns the report of a part as it is kept. */
export const partReport = ({
  added,
  unchanged,
  replaced,
  updated,
  failed,
  widened,
}: ImportReport): PartReport => ({
  added,
  unchanged,
  replaced: { count: replaced.count, first: [...replaced.first] },
  updated: { count: updated.count, first: [...updated.first] },
  failed: failed.map(({ id, path, error: { code, message } }) => ({ id, path, code, message })),
  widened: [...widened],
});

/** Returns the report of a part that is given up. */
export const givenUp = (samples: readonly ImportSample[], message: string): PartReport => ({
  added: 0,
  unchanged: 0,
  replaced: { count: 0, first: [] },
  updated: { count: 0, first: [] },
  failed: samples.map(({ id, path }) => ({
    id,
    path,
    code: 'worker-died',
    message,
  })),
  widened: [],
});

/** Adds the reports of parts. */
export class ImportTotal {
  readonly #replaced = new NamedList();
  readonly #updated = new NamedList();
  readonly #failed: FailedSample[] = [];
  readonly #widened = new Map<string, ImportReport['widened'][number]>();
  #added = 0;
  #unchanged = 0;

  /** Adds what is kept of a part. @throws ZodError for what is no report. */
  add(kept: unknown): void {
    const { added, unchanged, replaced, updated, failed, widened } = report.parse(kept);
    this.#added += added;
    this.#unchanged += unchanged;
    this.#replaced.add(replaced.first, replaced.count);
    this.#updated.add(updated.first, updated.count);
    for (const { id, path, code, message } of failed)
      this.#failed.push({ id, path, error: new SnapshelfError(codeOf(code), message) });
    for (const field of widened) this.#widened.set(field.field, field);
  }

  /** Returns the report of the whole import. */
  report(): ImportReport {
    return {
      added: this.#added,
      unchanged: this.#unchanged,
      replaced: this.#replaced.named(),
      updated: this.#updated.named(),
      removed: new NamedList().named(),
      failed: this.#failed,
      widened: [...this.#widened.values()],
    };
  }
}
