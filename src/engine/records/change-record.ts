import { SnapshelfError } from '../../errors.ts';
import type { Records } from './records.ts';

/** Times that a change is made anew because another one came before it. */
const tries = 20;

/**
 * Reads a record and writes what `change` makes of it, so that no change of another process is lost.
 * @param change may be called more than once
 * @throws SnapshelfError as `Records.write`; `record-changed` if others change it all the time.
 */
export async function changeRecord<T>(
  records: Records,
  path: string,
  maxBytes: number,
  change: (content: Buffer | undefined) => { readonly content: string; readonly answer: T },
): Promise<{ readonly answer: T; readonly version: string }> {
  for (let attempt = 1; ; attempt += 1) {
    const found = await records.read(path, maxBytes);
    const { content, answer } = change(found?.content);
    try {
      const version = await records.write(path, content, { expected: found?.version ?? null });
      return { answer, version };
    } catch (error) {
      const isLate = error instanceof SnapshelfError && error.code === 'record-changed';
      if (!isLate || attempt === tries) throw error;
    }
  }
}
