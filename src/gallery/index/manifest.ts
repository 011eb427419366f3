import { createHash } from 'node:crypto';
import type { FileDigest } from './durable-file.ts';
import type { ExpectedIndex, SavedState } from './vector-index.ts';

/** The settings of an HNSW graph. */
export interface HnswParameters {
  readonly m: number;
  readonly efConstruction: number;
  readonly ef: number;
}

/** What an index says of itself when it is saved. */
export interface IndexFacts extends ExpectedIndex, SavedState {
  readonly kind: 'hnsw' | 'flat';
  /** Vectors that can be found. */
  readonly count: number;
  /** Deleted nodes that the graph still holds. */
  readonly deleted: number;
  readonly parameters: HnswParameters | null;
}

interface ListedFile extends FileDigest {
  readonly name: string;
}

/** `index.json`: the facts, and the two data files that belong together. */
export interface Manifest extends IndexFacts {
  readonly formatVersion: 1;
  readonly files: { readonly vectors: ListedFile; readonly labels: ListedFile };
}

/** The names of the data files; anything else in a manifest (a path, say) is refused. */
export const dataFileName: RegExp = /^index\.\d+-[0-9a-f]{16}\.(vectors|labels)$/;

/** The text of `index.json`: the manifest with a SHA-256 of itself, so that a flipped digit is noticed. */
export function serializeManifest(manifest: Manifest): string {
  return `${JSON.stringify({ ...manifest, checksum: sha256(JSON.stringify(manifest)) })}\n`;
}

/** The manifest in the text of `index.json`, or what is wrong with it. */
export function parseManifest(text: string): Manifest | { readonly problem: string } {
  const value = parseObject(text);
  if (value === undefined) return { problem: 'index.json is not a JSON object' };
  const { checksum, ...rest } = value;
  if (checksum !== sha256(JSON.stringify(rest))) return { problem: 'index.json is damaged' };
  const wrong = Object.entries(fieldRules).find(([name, holds]) => !holds(rest[name]));
  if (wrong !== undefined) return { problem: `index.json has a "${wrong[0]}" that is not understood` };
  return rest as unknown as Manifest;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined; // the caller reports it as damage
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const isPositive = (value: unknown): boolean => isCount(value) && value !== 0;
const isText = (value: unknown): boolean => typeof value === 'string';

const isListedFile = (value: unknown): boolean =>
  isObject(value) &&
  dataFileName.test(String(value['name'])) &&
  isCount(value['bytes']) &&
  isText(value['sha256']);

const fieldRules = {
  formatVersion: (value) => value === 1,
  kind: (value) => value === 'hnsw' || value === 'flat',
  metric: (value) => value === 'cosine' || value === 'l2',
  dimension: isPositive,
  modelId: isText,
  sequence: isCount,
  count: isCount,
  deleted: isCount,
  parameters: (value) =>
    value === null ||
    (isObject(value) && ['m', 'efConstruction', 'ef'].every((name) => isPositive(value[name]))),
  files: (value) => isObject(value) && isListedFile(value['vectors']) && isListedFile(value['labels']),
} satisfies Record<keyof Manifest, (value: unknown) => boolean>;
