import type { Remarks } from './left-out.ts';

/** A JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The use of a picture, if a source states it. */
export type Split = 'train' | 'query' | 'gallery' | 'test';

/** One picture of a source, of which only the name has been read. */
export interface Sample {
  /** Unique within the source; 1 to 512 characters, a relative path with `/` unless a manifest gives another. */
  readonly id: string;
  /** The absolute path. */
  readonly path: string;
  /** The class of the picture. */
  readonly label: string;
  /** The product, which several pictures can share, if the source states it: a folder never does. */
  readonly productId?: string | undefined;
  readonly split?: Split | undefined;
  readonly metadata?: Readonly<Record<string, Json>> | undefined;
}

/** The pictures of a folder or a manifest, and what the reader has to tell. */
export interface Dataset extends Remarks {
  /** The source as it was given. */
  readonly source: string;
  /** Sorted by id, in the order of UTF-16 code units, the same on every machine. */
  readonly samples: readonly Sample[];
  /** The columns of a manifest: a sample without a value has none. */
  readonly columns?: { readonly split: boolean; readonly metadata: readonly string[] } | undefined;
  /** The name of a known data set. */
  readonly benchmark?: 'cub' | 'cars' | 'sop' | 'in-shop' | undefined;
}

/** Sorts by id. */
export const byId = (a: Sample, b: Sample): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/**
 * Returns the problem with an item id; undefined if there is none. It is the rule of the gallery, checked here so that an
 * import does not fail half-way.
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
