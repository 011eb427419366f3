import type { ImportReport, NamedItems } from '../retrieval/index.ts';
import { listed } from '../text.ts';

const named = ({ count, first }: NamedItems): string => listed(first, count);

/** The options of an import that its report depends on. */
interface ReportOptions {
  readonly collection: string;
  readonly prune?: boolean;
  readonly idPrefix: string;
}

/** Prints what has come of an import. */
export function printReport(report: ImportReport, { collection, prune, idPrefix }: ReportOptions): void {
  const { added, replaced, updated, unchanged, removed, failed, widened } = report;
  const gone = prune === true ? `${removed.count} removed, ` : '';
  console.log(
    `${collection}: ${added} added, ${replaced.count} replaced, ${updated.count} updated, ${unchanged} unchanged, ${gone}${failed.length} failed`,
  );
  const hint = idPrefix === '' ? ' (--id-prefix keeps sources apart)' : '';
  if (replaced.count > 0)
    console.log(`replaced by other pictures of the same ids${hint}: ${named(replaced)}`);
  if (updated.count > 0) console.log(`updated to what the source says: ${named(updated)}`);
  if (removed.count > 0) console.log(`removed, because the source no longer has them: ${named(removed)}`);
  for (const { field, from } of widened)
    console.log(`metadata.${field} is text from now on: its values were of the type ${from} until now`);
  for (const { path, error } of failed) console.log(`  ${path}: ${error.message} [${error.code}]`);
}
