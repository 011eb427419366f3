import type { Item, Split } from '../engine/index.ts';
import type { ImportSample, StatedColumns } from './import-types.ts';

/** The keys of metadata that a source has as columns, and whether it has one of splits. */
export interface Columns {
  readonly split: boolean;
  readonly metadata: ReadonlySet<string>;
}

/** Prepares the columns of a source for many samples. */
export const toColumns = ({ split = false, metadata = [] }: StatedColumns = {}): Columns => ({
  split,
  metadata: new Set(metadata),
});

/**
 * Completes a sample with what its item has and the source does not state: an import must not take back what somebody else
 * wrote, as with `Retriever.update`.
 */
export function withStored(sample: ImportSample, item: Item, columns: Columns): ImportSample {
  const { label, productId, split, metadata } = sample;
  const others = Object.entries(item.metadata).filter(([key]) => !columns.metadata.has(key));
  return {
    ...sample,
    label: label ?? item.label ?? undefined,
    productId: productId ?? item.productId,
    split: split ?? (columns.split ? undefined : ((item.split ?? undefined) as Split | undefined)),
    metadata: { ...Object.fromEntries(others), ...metadata },
  };
}
