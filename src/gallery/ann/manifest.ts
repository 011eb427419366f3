import { z } from 'zod';
import { maxDimension } from '../../engine/index.ts';
import { sha256 } from '../../files/index.ts';
import { jsonOrUndefined } from '../../json/index.ts';
import { metricNames } from '../../vectors/index.ts';

/** The names of the data files; anything else in a manifest (a path, say) is refused. */
export const dataFileName: RegExp = /^index\.\d+-[0-9a-f]{16}\.(vectors|labels)$/;

const count = z.int().min(0);

const listedFile = z.strictObject({
  name: z.string().regex(dataFileName),
  bytes: count,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const hnswParameters = z.strictObject({
  /** Links per node. */
  m: z.int().min(2).max(1024),
  /** Width of the search while building. */
  efConstruction: z.int().min(1).max(100_000),
  /** Width of the search while querying. */
  ef: z.int().min(1).max(100_000),
});

/** The engines that make graphs, the one to prefer first. */
export const indexEngines = ['usearch', 'hnswlib'] as const;

/** The fields that tie an index to its vectors: one of another model, metric or dimension is built anew. */
const origin = {
  modelId: z.string(),
  metric: z.enum(metricNames),
  dimension: z.int().min(1).max(maxDimension),
};

const description = {
  ...origin,
  kind: z.literal('hnsw'),
  /** Earlier releases, which had no other, left it out. */
  engine: z.enum(indexEngines).default('hnswlib'),
  /** The last change of the collection that the index holds. */
  sequence: count,
  /** Vectors that can be found. */
  count,
  /** Deleted nodes that the graph still holds. */
  deleted: count,
  parameters: hnswParameters,
};

const manifestSchema = z.strictObject({
  formatVersion: z.literal(1),
  ...description,
  /** `labels` is the file of the sequence numbers. */
  files: z.strictObject({ vectors: listedFile, labels: listedFile }),
});

const checkedSchema = z.looseObject({ checksum: z.string() });
const originSchema = z.strictObject(origin);
const descriptionSchema = z.strictObject(description);

/** The engine of a graph. */
export type IndexEngine = (typeof indexEngines)[number];
/** The settings of an HNSW graph. */
export type HnswParameters = Readonly<z.infer<typeof hnswParameters>>;
/** The model, metric and dimension of an index's vectors. */
export type IndexOrigin = Readonly<z.infer<typeof originSchema>>;
/** An index as it describes itself when it is saved. */
export type IndexDescription = Readonly<z.infer<typeof descriptionSchema>>;
/** `index.json`: the description, and the two data files that belong together. */
export type Manifest = Readonly<z.infer<typeof manifestSchema>>;

/** Makes the text of `index.json`: the manifest with a SHA-256 of itself, so that a flipped digit is noticed. */
export function serializeManifest(manifest: Manifest): string {
  return `${JSON.stringify({ ...manifest, checksum: sha256(JSON.stringify(manifest)) })}\n`;
}

/** Reads the text of `index.json`. Returns the manifest, or what is wrong with the text. */
export function parseManifest(text: string): Manifest | { readonly problem: string } {
  const checked = checkedSchema.safeParse(jsonOrUndefined(text));
  if (!checked.success) return { problem: 'index.json is not a JSON object with a checksum' };
  const { checksum, ...rest } = checked.data;
  if (checksum !== sha256(JSON.stringify(rest))) return { problem: 'index.json is damaged' };
  const parsed = manifestSchema.safeParse(rest);
  if (parsed.success) return parsed.data;
  const [field = 'field'] = parsed.error.issues[0]?.path ?? [];
  return { problem: `index.json has a "${String(field)}" that is not understood` };
}
