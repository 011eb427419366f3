import type { Item, Json } from 'snapshelf/client';
import { codeOf } from '../api/client.ts';
import { english } from '../english.ts';

const number = new Intl.NumberFormat(english.locale, { maximumFractionDigits: 4 });
const money = new Intl.NumberFormat(english.locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** Writes a value of metadata for people. */
function shownValue(value: Json): string {
  if (typeof value === 'number') return number.format(value);
  if (typeof value === 'boolean') return value ? english.filters.yes : english.filters.no;
  if (Array.isArray(value)) return value.map(shownValue).join(', ');
  return typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value);
}

/** Writes the price of an item, with its currency where the metadata have one; undefined without a price. */
export function priceOf({ metadata }: Item): string | undefined {
  const { price, currency } = metadata;
  if (typeof price !== 'number') return typeof price === 'string' && price !== '' ? price : undefined;
  if (typeof currency !== 'string' || !/^[A-Z]{3}$/.test(currency)) return money.format(price);
  return new Intl.NumberFormat(english.locale, { style: 'currency', currency }).format(price);
}

const shownElsewhere = new Set(['name', 'title', 'price', 'currency']);

/** Lists the metadata of an item that are not its name or price, as texts. */
export const factsOf = ({ metadata }: Item): readonly (readonly [string, string])[] =>
  Object.entries(metadata)
    .filter(([field, value]) => !shownElsewhere.has(field) && value !== null && value !== '')
    .map(([field, value]) => [field, shownValue(value)] as const);

/** Says what went wrong. */
export function messageOf(error: unknown): string {
  if (codeOf(error) === 'unreachable') return english.errors.offline;
  return error instanceof Error ? error.message : String(error);
}

/** Writes a number of bytes. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  return `${(value / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

/** Writes a date and time. */
export const when = (iso: string): string =>
  new Date(iso).toLocaleString(english.locale, { dateStyle: 'medium', timeStyle: 'short' });
