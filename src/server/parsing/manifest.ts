import { SnapshelfError } from '../../errors.ts';
import type { ManifestEntry } from '../../eval/index.ts';

/** The manifest of an evaluation as it crosses threads: nobody but the evaluation itself needs it as objects. */
export interface AskedManifest {
  /** JSON: the list of its entries. */
  readonly bytes: Uint8Array;
  readonly entries: number;
  /** Its ids, to see whether they are there: JSON lists of at most 1,000 each. */
  readonly ids: readonly Uint8Array[];
}

const idsAtOnce = 1000;

/** A manifest as bytes. Throws `request-invalid` when an item is there twice. */
export function manifestOf(entries: readonly ManifestEntry[]): AskedManifest {
  const known = new Set(entries.map(({ id, split }) => `${split} ${id}`));
  if (known.size < entries.length)
    throw new SnapshelfError('request-invalid', 'manifest: an item is there twice');
  const ids: Uint8Array[] = [];
  for (let start = 0; start < entries.length; start += idsAtOnce)
    ids.push(Buffer.from(JSON.stringify(entries.slice(start, start + idsAtOnce).map(({ id }) => id))));
  return { bytes: Buffer.from(JSON.stringify(entries)), entries: entries.length, ids };
}
