import { homedir } from 'node:os';
import { join } from 'node:path';
import { Embedder } from '../embed/index.ts';
import { openEngine } from '../engines/index.ts';
import {
  defaultKs,
  type EmbeddedSamples,
  EmbeddingCache,
  type EvaluationInput,
  embedSamples,
  type QueryGallery,
  readCollection,
  readQueryGallery,
  readVectorFiles,
  type Subject,
} from '../eval/index.ts';
import { decodeImage, readPictureFile, thumbnail } from '../image/index.ts';
import { counted } from '../text.ts';
import type { MetricChoice } from '../vectors/index.ts';
import type { EvaluateOptions } from './evaluate-options.ts';
import type { CollectionSource, EvaluationSource, PictureSource, VectorSource } from './evaluation-source.ts';
import { showProgress } from './progress.ts';
import { cliLogger } from './run.ts';
import { tellRemarks } from './tell-remarks.ts';

/** Reads the JPEG of an item of the query or the gallery; undefined if it has none. */
export type PictureOf = (side: 'query' | 'gallery', id: string) => Promise<Uint8Array | undefined>;

/** The input of an evaluation, and the pictures of its report. */
export interface Prepared {
  readonly input: EvaluationInput;
  /** The metric of a collection. */
  readonly own?: MetricChoice;
  /** K of the protocol. */
  readonly ks: readonly number[];
  readonly picture: PictureOf;
  /** Notes for a person, to print before the figures. */
  readonly notes: readonly string[];
  /** Closes what `picture` reads from. */
  readonly close: () => Promise<void>;
}

const nothing = async (): Promise<void> => {};

const noPicture = async (): Promise<undefined> => undefined;

/** The folder of embeddings, which outlive a run: a second report of the same pictures takes seconds. */
const defaultCache = (): string =>
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'snapshelf', 'embeddings');

async function fromVectors(source: VectorSource, { strict }: EvaluateOptions): Promise<Prepared> {
  const queries = await readVectorFiles(source.queries);
  const gallery = source.gallery === undefined ? undefined : await readVectorFiles(source.gallery);
  tellRemarks({ leftOut: [], notes: [...queries.notes, ...(gallery?.notes ?? [])] }, strict);
  const protocol = gallery === undefined ? 'self' : 'query-gallery';
  const subject: Subject = {
    protocol,
    queries: [source.queries.vectors],
    gallery: source.gallery === undefined ? null : [source.gallery.vectors],
    model: null,
  };
  const input = { queries, gallery, subject };
  return { input, ks: defaultKs[protocol], picture: noPicture, notes: [], close: nothing };
}

/** Reads a live collection beside the process that writes to it. */
async function fromCollection(
  { data, engine, collection }: CollectionSource,
  signal: AbortSignal,
): Promise<Prepared> {
  const gallery = await openEngine(data, { engine, readOnly: true, createIfMissing: false });
  const close = (): Promise<void> => gallery.close();
  const picture: PictureOf = async (_, id) =>
    (await gallery.thumbnail(collection, id).catch(() => undefined))?.bytes;
  try {
    const input = await readCollection(gallery, collection, { signal });
    const { unlabelled, subject, metric, metricOptions } = input;
    const notes = unlabelled === 0 ? [] : [`left out ${counted(unlabelled, 'item')} without a label`];
    const own = { metric, metricOptions };
    return { input, own, ks: defaultKs[subject.protocol], picture, notes, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Embedded {
  readonly queries: EmbeddedSamples;
  readonly gallery: EmbeddedSamples | undefined;
}

function openCache(embedder: Embedder, { cache }: EvaluateOptions): EmbeddingCache | undefined {
  if (cache === false) return undefined;
  const { model, dimension, provider } = embedder.info;
  const folder = typeof cache === 'string' ? cache : defaultCache();
  return new EmbeddingCache(folder, `${model.id}-${provider}`, dimension);
}

async function embed(
  embedder: Embedder,
  samples: QueryGallery,
  options: EvaluateOptions,
  signal: AbortSignal,
): Promise<Embedded> {
  using cache = openCache(embedder, options);
  const total = samples.queries.length + (samples.gallery?.length ?? 0);
  const progress = showProgress('embedding', total);
  let done = 0;
  const onPicture = (): void => progress.update(++done);
  const how = { cache, signal, onPicture, skipBad: options.skipBad, concurrency: 4 * options.batch };
  try {
    const queries = await embedSamples(embedder, samples.queries, how);
    const gallery = samples.gallery === null ? undefined : await embedSamples(embedder, samples.gallery, how);
    return { queries, gallery };
  } finally {
    progress.stop();
    if (cache?.problem !== undefined) process.stderr.write(`warning: ${cache.problem}\n`);
  }
}

function notesOf({ queries, gallery }: Embedded): string[] {
  const cached = queries.cached + (gallery?.cached ?? 0);
  const skipped = [...queries.skipped, ...(gallery?.skipped ?? [])];
  const notes: string[] = [];
  if (cached > 0) notes.push(`${cached} embeddings were known from an earlier run`);
  if (skipped.length > 0)
    notes.push(
      `left out ${counted(skipped.length, 'picture')}: ${skipped.map(({ path }) => path).join(', ')}`,
    );
  return notes;
}

/** Makes thumbnails of the pictures of samples, by id. */
function picturesOf({ queries, gallery }: Embedded): PictureOf {
  const pathsOf = ({ samples }: EmbeddedSamples) => new Map(samples.map(({ id, path }) => [id, path]));
  const paths = { query: pathsOf(queries), gallery: pathsOf(gallery ?? queries) };
  return async (side, id) => {
    const path = paths[side].get(id);
    return path === undefined ? undefined : thumbnail(await decodeImage(await readPictureFile(path)), 160);
  };
}

async function fromPictures(
  { request, model: path }: PictureSource,
  options: EvaluateOptions,
  signal: AbortSignal,
): Promise<Prepared> {
  const samples = await readQueryGallery(request);
  tellRemarks(samples, options.strict);
  const { provider, threads, batch } = options;
  await using embedder = await Embedder.open(path, {
    provider,
    threads,
    maxBatch: batch,
    maxQueue: 8 * batch,
    log: cliLogger(options.verbose),
  });
  const embedded = await embed(embedder, samples, options, signal);
  const { queries, gallery } = embedded;
  const { id, metadata } = embedder.info.model;
  const { sources = [], query = [], gallery: given = [] } = request;
  const subject: Subject = {
    protocol: samples.protocol,
    queries: sources.length > 0 ? sources : query,
    gallery: gallery === undefined ? null : sources.length > 0 ? sources : given,
    model: { id, name: metadata.name, architecture: metadata.architecture },
  };
  const input = { queries: queries.vectors, gallery: gallery?.vectors, subject };
  const picture = picturesOf(embedded);
  return { input, ks: defaultKs[samples.protocol], picture, notes: notesOf(embedded), close: nothing };
}

/** Reads the vectors of a source; embeds its pictures if it has no vectors. */
export function prepare(
  source: EvaluationSource,
  options: EvaluateOptions,
  signal: AbortSignal,
): Promise<Prepared> {
  switch (source.from) {
    case 'pictures':
      return fromPictures(source, options, signal);
    case 'vectors':
      return fromVectors(source, options);
    case 'collection':
      return fromCollection(source, signal);
  }
}
