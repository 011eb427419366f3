/** A JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** What a picture is for, where a source says so. */
export type Split = 'train' | 'query' | 'gallery' | 'test';

/** One picture of a source. Nothing of it has been read but its name. */
export interface Sample {
  /** Unique within the source; 1 to 512 characters, a relative path with `/` unless a manifest gives another. */
  readonly id: string;
  /** Absolute. */
  readonly path: string;
  readonly label: string;
  /** Pictures of the same product share it; the label unless a manifest says otherwise. */
  readonly productId: string;
  readonly split?: Split | undefined;
  readonly metadata?: Readonly<Record<string, Json>> | undefined;
}

/** The pictures of a folder or a manifest. */
export interface Dataset {
  /** What was read, as it was given. */
  readonly source: string;
  /** Sorted by id, in the order of UTF-16 code units, the same on every machine. */
  readonly samples: readonly Sample[];
  /** Files that were left out because their names do not end like a picture's. Always 0 for a manifest. */
  readonly skipped: number;
  /** Which known data set it is. */
  readonly benchmark?: 'cub' | 'cars' | 'sop' | 'in-shop' | undefined;
}

/** Sorts by id. */
export const byId = (a: Sample, b: Sample): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/**
 * What is wrong with an item id, or undefined: the rule of the gallery, checked here so that an import does not fail
 * half-way.
 */
export function idProblem(id: string): string | undefined {
  if (id === '') return 'is empty';
  if (id.length > 512) return 'has more than 512 characters';
  if (/[\p{Cc}\p{Cs}]/u.test(id)) return 'has control characters';
  if (id.includes('\\')) return 'has a backslash';
  const parts = id.split('/');
  if (parts.includes('')) return 'begins or ends with "/", or has "//" in it';
  return parts.includes('.') || parts.includes('..') ? 'has "." or ".." as a part of its path' : undefined;
}
