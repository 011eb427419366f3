import { homedir } from 'node:os';
import { join } from 'node:path';
import { Embedder } from '../embed/index.ts';
import {
  defaultKs,
  type EmbeddedSamples,
  EmbeddingCache,
  type EvaluationInput,
  embedSamples,
  type QueryGallery,
  type QueryGalleryRequest,
  readCollection,
  readQueryGallery,
  readVectorFiles,
} from '../eval/index.ts';
import { Gallery } from '../gallery/index.ts';
import { decodeImage, readPictureFile, thumbnail } from '../image/index.ts';
import type { EvaluateOptions } from './evaluate-run.ts';
import { showProgress } from './progress.ts';
import { cliLogger } from './run.ts';

/** What is evaluated, and pictures of it. */
export interface Prepared {
  readonly input: EvaluationInput;
  /** K of the protocol. */
  readonly ks: readonly number[];
  /** The JPEG of an item, where there is one. */
  readonly picture: (side: 'query' | 'gallery', id: string) => Promise<Uint8Array | undefined>;
  /** What a person should know before the figures. */
  readonly notes: readonly string[];
  /** Lets go of what `picture` reads from. */
  readonly close: () => Promise<void>;
}

const nothing = async (): Promise<void> => {};

const noPicture = async (): Promise<undefined> => undefined;

/** Embeddings outlive a run: a second report of the same pictures takes seconds. */
const defaultCache = (): string =>
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'snapshelf', 'embeddings');

function required(value: string | undefined, option: string): string {
  if (value === undefined) throw new RangeError(`${option} is missing`);
  return value;
}

/** Vectors of any model, from files. */
async function fromVectors(options: EvaluateOptions): Promise<Prepared> {
  const self = options.self === true;
  const files = (
    vectors: string | undefined,
    labels: string | undefined,
    ids: string | undefined,
    name: string,
  ) =>
    readVectorFiles({
      vectors: required(vectors, `${name}vectors`),
      labels: required(labels, `${name}labels`),
      ids,
    });
  const queries = self
    ? await files(options.vectors, options.labels, options.ids, '--')
    : await files(options.queryVectors, options.queryLabels, options.queryIds, '--query-');
  const gallery = self
    ? undefined
    : await files(options.galleryVectors, options.galleryLabels, options.galleryIds, '--gallery-');
  const protocol = self ? 'self' : 'query-gallery';
  const subject = {
    protocol,
    queries: [(self ? options.vectors : options.queryVectors) ?? ''],
    gallery: self ? null : [options.galleryVectors ?? ''],
    model: null,
  } as const;
  return {
    input: { queries, gallery, subject },
    ks: defaultKs[protocol],
    picture: noPicture,
    notes: [],
    close: nothing,
  };
}

/** A live collection, read beside the process that writes to it. */
async function fromCollection(
  name: string,
  options: EvaluateOptions,
  signal: AbortSignal,
): Promise<Prepared> {
  const gallery = await Gallery.open(required(options.data, '--data'), {
    readOnly: true,
    createIfMissing: false,
  });
  const close = (): Promise<void> => gallery.close();
  const picture = async (_: string, id: string): Promise<Uint8Array | undefined> =>
    (await gallery.thumbnail(name, id).catch(() => undefined))?.bytes;
  try {
    const { queries, gallery: items, model, unlabelled } = await readCollection(gallery, name, { signal });
    const protocol = items === undefined ? 'self' : 'query-gallery';
    const side = [`collection ${name}`];
    const subject = {
      protocol,
      queries: side,
      gallery: items === undefined ? null : side,
      model: { ...model, architecture: '' },
    } as const;
    const notes = unlabelled === 0 ? [] : [`left out ${unlabelled} items without a label`];
    return { input: { queries, gallery: items, subject }, ks: defaultKs[protocol], picture, notes, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Embedded {
  readonly queries: EmbeddedSamples;
  readonly gallery: EmbeddedSamples | undefined;
}

async function embedSides(
  embedder: Embedder,
  sides: QueryGallery,
  options: EvaluateOptions,
  signal: AbortSignal,
): Promise<Embedded> {
  const { model, dimension } = embedder.info;
  using cache =
    options.cache === false
      ? undefined
      : new EmbeddingCache(
          typeof options.cache === 'string' ? options.cache : defaultCache(),
          `${model.id}-${embedder.info.provider}`,
          dimension,
        );
  const total = sides.queries.length + (sides.gallery?.length ?? 0);
  const progress = showProgress('embedding', total);
  let done = 0;
  const onPicture = (): void => progress.update(++done);
  const how = { cache, signal, onPicture, skipBad: options.skipBad, concurrency: 4 * options.batch };
  try {
    const queries = await embedSamples(embedder, sides.queries, how);
    const gallery = sides.gallery === null ? undefined : await embedSamples(embedder, sides.gallery, how);
    return { queries, gallery };
  } finally {
    progress.stop();
    if (cache?.problem !== undefined) process.stderr.write(`warning: ${cache.problem}\n`);
  }
}

function notesOf({ queries, gallery }: Embedded): string[] {
  const cached = queries.cached + (gallery?.cached ?? 0);
  const skipped = [...queries.skipped, ...(gallery?.skipped ?? [])];
  return [
    ...(cached > 0 ? [`${cached} embeddings were known from an earlier run`] : []),
    ...(skipped.length > 0
      ? [`left out ${skipped.length} pictures: ${skipped.map(({ path }) => path).join(', ')}`]
      : []),
  ];
}

/** Pictures of folders, manifests and data sets. */
async function fromPictures(
  request: QueryGalleryRequest,
  options: EvaluateOptions,
  signal: AbortSignal,
): Promise<Prepared> {
  const sides = await readQueryGallery(request);
  const { provider, threads, batch } = options;
  await using embedder = await Embedder.open(required(options.model, '--model'), {
    ...{ provider, threads, maxBatch: batch, maxQueue: 8 * batch },
    log: cliLogger(options.verbose),
  });
  const embedded = await embedSides(embedder, sides, options, signal);
  const { queries, gallery } = embedded;
  const { id, metadata } = embedder.info.model;
  const given = request.sources ?? [];
  const subject = {
    protocol: sides.protocol,
    queries: given.length > 0 ? given : (request.query ?? []),
    gallery: gallery === undefined ? null : given.length > 0 ? given : (request.gallery ?? []),
    model: { id, name: metadata.name, architecture: metadata.architecture },
  };
  const paths = (side: EmbeddedSamples) => new Map(side.samples.map((sample) => [sample.id, sample.path]));
  const [ofQueries, ofGallery] = [paths(queries), paths(gallery ?? queries)];
  const picture = async (side: 'query' | 'gallery', item: string) => {
    const path = (side === 'query' ? ofQueries : ofGallery).get(item);
    return path === undefined ? undefined : thumbnail(await decodeImage(await readPictureFile(path)), 160);
  };
  const input = { queries: queries.vectors, gallery: gallery?.vectors, subject };
  return { input, ks: defaultKs[sides.protocol], picture, notes: notesOf(embedded), close: nothing };
}

/** Reads what the command line asks to be evaluated. */
export async function prepare(
  sources: readonly string[],
  options: EvaluateOptions,
  signal: AbortSignal,
): Promise<Prepared> {
  const { query, gallery, protocol, collection } = options;
  const kinds = [
    sources.length + query.length + gallery.length > 0,
    collection !== undefined,
    options.self === true || options.queryVectors !== undefined || options.galleryVectors !== undefined,
  ];
  if (kinds.filter(Boolean).length !== 1)
    throw new RangeError(
      'give one of: sources (or --query and --gallery), --collection, --query-vectors and --gallery-vectors, --self and --vectors',
    );
  if (!kinds[0] && (options.model ?? protocol) !== undefined)
    throw new RangeError(
      '--model and --protocol are for pictures: leave them out for vectors and collections',
    );
  if (collection !== undefined) return fromCollection(collection, options, signal);
  if (kinds[2]) return fromVectors(options);
  return fromPictures({ sources, query, gallery, protocol }, options, signal);
}
