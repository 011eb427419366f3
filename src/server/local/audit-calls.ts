import { SnapshelfError } from '../../errors.ts';
import type { AuditLog } from '../access/audit-log.ts';

/** The operations of commands that change something. */
const changes: ReadonlySet<string> = new Set([
  'create',
  'drop',
  'upsert',
  'update',
  'delete',
  'commitRestore',
  'beginReembedding',
  'commitReembedding',
  'abortReembedding',
  'keys-create',
  'keys-revoke',
]);

/** True for an operation of commands that changes something. */
export const isChange = (operation: string): boolean => changes.has(operation);

/** Returns what an operation is about: the name of a collection, of a key. */
function subjectOf([first]: readonly unknown[]): string {
  if (typeof first === 'string') return first;
  const { name, level } = Object(first) as { readonly name?: unknown; readonly level?: unknown };
  return String(name ?? level ?? '');
}

/** Runs the operation of a command and notes it, if it changes something. */
export async function audited(
  audit: AuditLog | undefined,
  operation: string,
  given: readonly unknown[],
  run: () => Promise<unknown>,
): Promise<unknown> {
  if (audit === undefined || !isChange(operation)) return run();
  const list = given.findLast(Array.isArray) as readonly unknown[] | undefined;
  const note = (outcome: string): void =>
    audit.write({
      who: { command: true },
      what: `${operation} ${subjectOf(given)}`,
      outcome,
      ...(list !== undefined && { items: list.length }),
    });
  try {
    const answer = await run();
    note('ok');
    return answer;
  } catch (error) {
    note(error instanceof SnapshelfError ? error.code : 'internal');
    throw error;
  }
}
