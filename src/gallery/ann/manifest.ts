import { createHash } from 'node:crypto';
import { z } from 'zod';
import { maxDimension } from '../checks/validate.ts';
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
  const parsed = manifest.safeParse(rest);
  if (parsed.success) return parsed.data;
  const [field = 'field'] = parsed.error.issues[0]?.path ?? [];
  return { problem: `index.json has a "${String(field)}" that is not understood` };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // the caller reports it as damage
  }
}

const count = z.int().min(0);
const listedFile = z.strictObject({
  name: z.string().regex(dataFileName),
  bytes: count,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const manifest = z.strictObject({
  formatVersion: z.literal(1),
  kind: z.enum(['hnsw', 'flat']),
  metric: z.enum(['cosine', 'l2']),
  dimension: z.int().min(1).max(maxDimension),
  modelId: z.string(),
  sequence: count,
  count,
  deleted: count,
  parameters: z
    .strictObject({
      m: z.int().min(2).max(1024),
      efConstruction: z.int().min(1).max(100_000),
      ef: z.int().min(1).max(100_000),
    })
    .nullable(),
  files: z.strictObject({ vectors: listedFile, labels: listedFile }),
});
