import { bindingOf, type CursorSeal, type SearchOptions } from '../../engine/index.ts';
import type { CollectionRow } from './tables.ts';

/** Returns the key and the binding of the cursors of a search: they go on with that search alone, on every server of the engine. */
export function sealOf(
  { cursor_key: key, space }: CollectionRow,
  vector: Float32Array,
  { filter, group, exclude, excludeProducts, sort, minScore }: SearchOptions,
): CursorSeal {
  const bytes = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
  const rest = [
    group ?? 'product',
    filter ?? null,
    exclude ?? [],
    minScore ?? null,
    excludeProducts ?? [],
    sort ?? [],
  ];
  return { key, binding: bindingOf('search', String(space.generation), bytes, JSON.stringify(rest)) };
}
