import {
  fieldOf,
  type Item,
  type Json,
  maxComparedText,
  type NamedParts,
  valueIn,
} from '../../engine/index.ts';
import { boundedKeyOf, tokenOf } from './names.ts';

/** Characters of the longest name of a field that filters can give. */
const maxName = 4096 + 'metadata.'.length;
const own = ['id', 'productId', 'label', 'split'] as const;

/** The property that holds the numbers, or the texts, of a field by their order. */
export const orderedProperty = (type: 'number' | 'string', field: string): string =>
  `${type === 'number' ? 'n' : 's'}_${tokenOf('field', field)}`;

/** The term of items that have a field. */
export const existsTerm = (field: string): string => tokenOf('exists', field);
/** The term of items that have a value in a field, by itself or in a list. */
export const valueTerm = (field: string, value: Json): string =>
  tokenOf('value', field, JSON.stringify(value));
/** The term of items that have a whole number of more digits in a field than numbers have. */
export const longNumberTerm = (field: string): string => tokenOf('long', field);
/** The beginning of the terms of texts in a field. */
export const textTerm = (field: string): string => tokenOf('text', field);

/** An item as filters find it. */
export interface IndexedItem {
  /** Terms of fields and their values. */
  readonly terms: readonly string[];
  /** Texts by their beginning, behind the term of their field. */
  readonly texts: readonly string[];
  /** Numbers and texts by their order, by property. */
  readonly ordered: Readonly<Record<string, number | string>>;
}

/** Returns what filters look an item up by. Every field that a filter can name is asked for as filters do. */
export function indexedItem(item: NamedParts): IndexedItem {
  const terms = new Set<string>();
  const texts = new Set<string>();
  const ordered: Record<string, number | string> = {};
  for (const field of fieldNames(item)) {
    const value = valueIn(item, fieldOf(field));
    if (value === undefined) continue;
    terms.add(existsTerm(field));
    for (const one of Array.isArray(value) ? value : [value]) addValue(field, one, { terms, texts });
    if (typeof value === 'number') ordered[orderedProperty('number', field)] = value === 0 ? 0 : value;
    if (typeof value !== 'string') continue;
    ordered[orderedProperty('string', field)] = boundedKeyOf(value);
    if (/^-*[1-9]\d{15,}$/.test(value)) terms.add(longNumberTerm(field));
  }
  return { terms: [...terms], texts: [...texts], ordered };
}

function addValue(
  field: string,
  value: Json,
  { terms, texts }: Record<'terms' | 'texts', Set<string>>,
): void {
  if (typeof value === 'object' && value !== null) return;
  if (typeof value === 'string') {
    texts.add(textTerm(field) + boundedKeyOf(value));
    if (value.length > maxComparedText) return;
  }
  terms.add(valueTerm(field, value === 0 ? 0 : value));
}

/** The names of all fields that a filter could find something of the item under. */
function fieldNames({ metadata }: Pick<Item, 'metadata'>): Set<string> {
  const names = new Set<string>(own);
  const visit = (object: Readonly<Record<string, Json>>, before: string): void => {
    for (const [key, value] of Object.entries(object)) {
      const name = `${before}.${key}`;
      if (name.length > maxName || key.includes('\0')) continue;
      names.add(name);
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) visit(value, name);
    }
  };
  visit(metadata, 'metadata');
  return names;
}
