import { SnapshelfError } from '../../errors.ts';
import type { ManifestEntry } from '../../eval/index.ts';
import { Trimmer } from '../../text.ts';

/** The manifest of an evaluation in the form that crosses threads: only the evaluation itself needs it as objects. */
export interface AskedManifest {
  /** JSON: the list of its entries. */
  readonly bytes: Uint8Array;
  readonly entries: number;
  /** Its ids, to check that the items exist: JSON lists of at most 1,000 each. */
  readonly ids: readonly Uint8Array[];
  /** Sentences for the client about its labels. */
  readonly notes: readonly string[];
}

const idsAtOnce = 1000;

/** Converts a manifest to bytes, its labels trimmed as those of items are. @throws SnapshelfError `request-invalid` if an item occurs twice. */
export function manifestOf(given: readonly ManifestEntry[]): AskedManifest {
  const trimmer = new Trimmer();
  const entries = given.map((entry, at) => {
    const { label } = entry;
    return label === undefined
      ? entry
      : { ...entry, label: trimmer.trim(label, () => `manifest[${at}].label`) };
  });
  const known = new Set(entries.map(({ id, split }) => `${split} ${id}`));
  if (known.size < entries.length)
    throw new SnapshelfError('request-invalid', 'An item occurs twice in the manifest.');
  const ids: Uint8Array[] = [];
  for (let start = 0; start < entries.length; start += idsAtOnce)
    ids.push(Buffer.from(JSON.stringify(entries.slice(start, start + idsAtOnce).map(({ id }) => id))));
  const bytes = Buffer.from(JSON.stringify(entries));
  return { bytes, entries: entries.length, ids, notes: trimmer.notes() };
}
