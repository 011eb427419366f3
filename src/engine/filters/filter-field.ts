import { SnapshelfError } from '../../errors.ts';
import { shown } from '../../json/index.ts';
import type { Item, Json } from '../types.ts';

const own = ['id', 'productId', 'label', 'split'] as const;
const maxCharacters = 4096;
/** Dots in a field's name up to which each of them may be a part of a key. */
const maxDots = 4;

/** The part of an item that fields of filters name. */
export type NamedParts = Pick<Item, (typeof own)[number] | 'metadata'>;

/** A field of items as filters name it: one of their own, or a place in their metadata. */
export type FilterField =
  | { readonly own: (typeof own)[number] }
  | {
      /** The key, if it is one of the metadata itself. */
      readonly key: string;
      /** The keys that may lead to the value, in the order in which they are tried. */
      readonly ways: readonly (readonly string[])[];
    };

/**
 * Finds what a field of a filter names. After `metadata.` comes a key of the metadata; an item that has no such key is asked
 * for one inside another, at each of the dots, the longest first key before the others.
 * @throws SnapshelfError `filter-invalid`.
 */
export function fieldOf(name: string): FilterField {
  const one = own.find((field) => field === name);
  if (one !== undefined) return { own: one };
  const key = /^metadata\.(.*)$/s.exec(name)?.[1];
  if (key === undefined || key.length > maxCharacters || /[\0\p{Cs}]/u.test(key))
    throw new SnapshelfError(
      'filter-invalid',
      `The field ${shown(name)} is none of ${own.join(', ')}, and no path such as metadata.price.`,
    );
  return { key, ways: waysOf(key) };
}

function waysOf(key: string): string[][] {
  const parts = key.split('.');
  return parts.length > maxDots + 1 ? [[key], parts] : divided(parts);
}

/** Every way to take the parts together as keys. */
function divided(parts: readonly string[]): string[][] {
  const ways = [[parts.join('.')]];
  for (let n = parts.length - 1; n > 0; n -= 1) {
    const key = parts.slice(0, n).join('.');
    for (const rest of divided(parts.slice(n))) ways.push([key, ...rest]);
  }
  return ways;
}

/** Returns the value that an item has in a field; undefined if it has none. */
export function valueIn(item: NamedParts, field: FilterField): Json | undefined {
  if ('own' in field) return item[field.own] ?? undefined;
  for (const way of field.ways) {
    const value = valueAt(item.metadata, way);
    if (value !== undefined) return value;
  }
  return undefined;
}

function valueAt(metadata: Record<string, Json>, way: readonly string[]): Json | undefined {
  let value: Json | undefined = metadata;
  for (const key of way) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    value = Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value;
}
