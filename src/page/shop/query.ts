import { computed, signal } from '@preact/signals';
import type { Filter } from 'snapshelf/client';
import { english } from '../english.ts';
import { type Crop, cropOf, cropText, isWhole, whole } from '../photo/crop.ts';
import { type Photo, photoOfText, photoText } from '../photo/photo.ts';
import { goTo, linkTo, place } from '../route.ts';

/** One picture of a query: a photo of the shopper, or an item of the collection. */
export type Part = { readonly key: string; readonly isNot: boolean } & (
  | { readonly kind: 'photo'; readonly photo: Photo; readonly crop: Crop }
  | { readonly kind: 'item'; readonly id: string }
);

/** Options of a search that experts change. */
export interface Options {
  readonly exact: boolean;
  readonly ef: number | undefined;
  readonly group: 'product' | 'item';
  /** The share of searches for what is not there that may get a result; undefined: all do. */
  readonly maxFalseMatch: number | undefined;
}

/** Photos of this visit, by the key that the address has for them: the address itself holds none. */
const photos = new Map<string, Photo>();
let photoNumber = 0;

/** The crops of the photos, by their keys, apart from the address: they change with every move of the pointer. */
const crops = signal<Readonly<Record<string, Crop>>>({});

const keysOf = (name: string): readonly string[] => place.value.query.getAll(name);

/** Keys of photos that the address names, but which are gone, as after a reload. */
export const lostPhotos = computed(() =>
  [...keysOf('photo'), ...keysOf('notPhoto')].some((key) => !photos.has(key)),
);

function photoParts(name: string, isNot: boolean): Part[] {
  return keysOf(name).flatMap((key): Part[] => {
    const photo = photos.get(key);
    const crop = crops.value[key] ?? whole;
    return photo === undefined ? [] : [{ kind: 'photo', key, isNot, photo, crop }];
  });
}

const itemParts = (name: string, isNot: boolean): Part[] =>
  keysOf(name).map((id) => ({ kind: 'item', key: `${name} ${id}`, isNot, id }));

/** The pictures of the query, in the address's order: what is searched for, then what is not. */
export const parts = computed((): readonly Part[] => [
  ...photoParts('photo', false),
  ...itemParts('item', false),
  ...photoParts('notPhoto', true),
  ...itemParts('not', true),
]);

/** True if something is searched for, and not only against. */
export const isAsked = computed(() => parts.value.some(({ isNot }) => !isNot));

/** True for a search by one photo: only for those the server promises a rate of false matches. */
export const isOnePhoto = computed(() => parts.value.length === 1 && parts.value[0]?.kind === 'photo');

/** The conditions by field, as the address has them. */
export const conditions = computed((): Readonly<Record<string, Condition>> => {
  try {
    return JSON.parse(place.value.query.get('filter') ?? '{}') as Record<string, Condition>;
  } catch {
    return {};
  }
});

/** A condition on a field: one of these texts, or between two numbers. */
export interface Condition {
  readonly is?: string | boolean;
  readonly from?: number;
  readonly to?: number;
}

function conditionsOf(field: string, { is, from, to }: Condition): Filter[] {
  return [
    ...(is === undefined || is === '' ? [] : [{ field, equals: is }]),
    ...(from === undefined ? [] : [{ field, gte: from }]),
    ...(to === undefined ? [] : [{ field, lte: to }]),
  ];
}

/** Returns the filter of all conditions, or of those but that on one field; undefined without any. */
export function filterWithout(left?: string): Filter | undefined {
  const and = Object.entries(conditions.value).flatMap(([field, condition]) =>
    field === left ? [] : conditionsOf(field, condition),
  );
  return and.length === 0 ? undefined : { and };
}

/** The filter of the search; undefined without conditions. */
export const filter = computed(() => filterWithout());

/** The options of the search. */
export const options = computed((): Options => {
  const { query } = place.value;
  const ef = Number(query.get('ef') ?? 0);
  const rate = Number(query.get('maxFalseMatch') ?? 0);
  return {
    exact: query.get('exact') === '1',
    ef: ef > 0 ? ef : undefined,
    group: query.get('group') === 'item' ? 'item' : 'product',
    maxFalseMatch: rate > 0 && rate <= 0.5 ? rate : undefined,
  };
});

function change(edit: (query: URLSearchParams) => void, replace = false): void {
  const query = new URLSearchParams(place.value.query);
  edit(query);
  const [, collection = ''] = place.value.path;
  goTo(linkTo(['c', collection], query), { replace });
}

/** Searches with one item, in place of what was searched for before; the filters stay. */
export const searchItem = (id: string): void =>
  change((query) => {
    for (const name of ['photo', 'notPhoto', 'item', 'not']) query.delete(name);
    query.set('item', id);
  });

/** Adds an item to what is searched for, or against. */
export const addItem = (id: string, isNot: boolean): void =>
  change((query) => {
    for (const name of ['item', 'not']) query.delete(name, id);
    query.append(isNot ? 'not' : 'item', id);
  });

/** Searches with a photo: in place of what was there, or beside it. */
export function searchPhoto(photo: Photo, { isMore = false }: { readonly isMore?: boolean } = {}): void {
  photoNumber += 1;
  const key = String(photoNumber);
  photos.set(key, photo);
  change((query) => {
    for (const name of isMore ? [] : ['photo', 'notPhoto', 'item', 'not']) query.delete(name);
    query.append('photo', key);
  });
}

const addressNameOf = ({ kind, isNot }: Part): string =>
  kind === 'photo' ? (isNot ? 'notPhoto' : 'photo') : isNot ? 'not' : 'item';
const addressValueOf = (part: Part): string => (part.kind === 'photo' ? part.key : part.id);

/** Takes a picture out of the query. */
export const removePart = (part: Part): void =>
  change((query) => query.delete(addressNameOf(part), addressValueOf(part)));

/** Turns a picture from "like this" to "not like this", or back. */
export const turnPart = (part: Part): void =>
  change((query) => {
    query.delete(addressNameOf(part), addressValueOf(part));
    query.append(addressNameOf({ ...part, isNot: !part.isNot }), addressValueOf(part));
  });

/** Looks at another part of a photo. */
export const setCrop = (key: string, crop: Crop): void => {
  crops.value = { ...crops.value, [key]: crop };
};

/** Sets the condition of one field; undefined removes it. */
export const setCondition = (field: string, condition: Condition | undefined): void =>
  change((query) => {
    const { [field]: _, ...others } = conditions.value;
    const next = condition === undefined ? others : { ...others, [field]: condition };
    if (Object.keys(next).length === 0) query.delete('filter');
    else query.set('filter', JSON.stringify(next));
  }, true);

/** Removes all conditions. */
export const clearConditions = (): void => change((query) => query.delete('filter'), true);

/** Sets or removes an option that experts change. */
export const setOption = (
  name: 'exact' | 'ef' | 'group' | 'maxFalseMatch',
  value: string | undefined,
): void => change((query) => (value === undefined ? query.delete(name) : query.set(name, value)), true);

/** Returns the link that shows this search to others: photos are in it, reduced, and no server sees that part of a link. */
export async function shareLink(): Promise<string> {
  const query = new URLSearchParams(place.value.query);
  for (const name of ['photo', 'notPhoto']) query.delete(name);
  for (const part of parts.value) {
    if (part.kind === 'item') continue;
    const crop = isWhole(part.crop) ? '' : `~${cropText(part.crop)}`;
    query.append(part.isNot ? 'notPicture' : 'picture', `${await photoText(part.photo)}${crop}`);
  }
  const [, collection = ''] = place.value.path;
  return new URL(linkTo(['c', collection], query), document.baseURI).href;
}

/** Takes the photos out of a shared link and searches with them. Returns false if one of them is none. */
export async function takeShared(): Promise<boolean> {
  const { query } = place.value;
  if (!query.has('picture') && !query.has('notPicture')) return true;
  const next = new URLSearchParams(query);
  let isSound = true;
  for (const [from, to] of [
    ['picture', 'photo'],
    ['notPicture', 'notPhoto'],
  ] as const) {
    next.delete(from);
    for (const text of query.getAll(from)) {
      const [data = '', crop] = text.split('~');
      const photo = await photoOfText(data, english.query.shared).catch(() => undefined);
      isSound &&= photo !== undefined;
      if (photo === undefined) continue;
      photoNumber += 1;
      photos.set(String(photoNumber), photo);
      next.append(to, String(photoNumber));
      setCrop(String(photoNumber), cropOf(crop ?? null));
    }
  }
  const [, collection = ''] = place.value.path;
  goTo(linkTo(['c', collection], next), { replace: true });
  return isSound;
}
