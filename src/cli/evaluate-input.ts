import { openEngine } from '../engines/index.ts';
import {
  defaultKs,
  type EmbeddedSamples,
  type EvaluationInput,
  givenVectors,
  type RankingSource,
  readCollection,
  readQueryGallery,
  readVectorFiles,
  type SplitSource,
  type Subject,
} from '../eval/index.ts';
import { decodeImage, readPictureFile, thumbnail } from '../image/index.ts';
import { counted } from '../text.ts';
import type { MetricChoice } from '../vectors/index.ts';
import { type Embedded, embedPictures } from './embed-pictures.ts';
import type { EvaluateOptions } from './evaluate-options.ts';
import { rankingOfCollection, rankingOfPictures, rankingOfVectors } from './evaluate-ranking.ts';
import { splitOfLive, splitOfPictures } from './evaluate-split.ts';
import type { CollectionSource, EvaluationSource, PictureSource, VectorSource } from './evaluation-source.ts';
import { galleryThreads } from './options.ts';
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
  /** Prepares the lines of where recall is lost; it may have to embed the pictures again. */
  readonly split: () => Promise<SplitSource>;
  /** Prepares the lines of options of ranking; it may have to embed the subjects of the queries. */
  readonly ranking: () => Promise<RankingSource>;
  /** Notes for a person, to print before the figures. */
  readonly notes: readonly string[];
  /** Closes what `picture` reads from. */
  readonly close: () => Promise<void>;
}

const nothing = async (): Promise<void> => {};

const noPicture = async (): Promise<undefined> => undefined;

async function fromVectors(source: VectorSource, options: EvaluateOptions): Promise<Prepared> {
  const queries = await readVectorFiles(source.queries);
  const gallery = source.gallery === undefined ? undefined : await readVectorFiles(source.gallery);
  tellRemarks({ leftOut: [], notes: [...queries.notes, ...(gallery?.notes ?? [])] }, options.strict);
  const protocol = gallery === undefined ? 'self' : 'query-gallery';
  const subject: Subject = {
    protocol,
    queries: [source.queries.vectors],
    gallery: source.gallery === undefined ? null : [source.gallery.vectors],
    model: null,
  };
  const input = { queries, gallery, subject };
  const split = async (): Promise<SplitSource> => ({
    models: givenVectors({ queries, gallery }),
    filter: options.filter,
    storedPrecision: options.storedPrecision,
  });
  const ranking = async (): Promise<RankingSource> => rankingOfVectors(options);
  return { input, ks: defaultKs[protocol], picture: noPicture, split, ranking, notes: [], close: nothing };
}

/** Reads a live collection beside the process that writes to it. */
async function fromCollection(
  source: CollectionSource,
  options: EvaluateOptions,
  signal: AbortSignal,
): Promise<Prepared> {
  const { data, engine, pictureStore, collection } = source;
  const { storedPrecision } = options;
  const gallery = await openEngine(data, {
    engine,
    pictureStore,
    ...galleryThreads(options),
    storedPrecision,
    readOnly: true,
    createIfMissing: false,
  });
  const close = (): Promise<void> => gallery.close();
  const picture: PictureOf = async (_, id) =>
    (await gallery.thumbnail(collection, id).catch(() => undefined))?.bytes;
  try {
    const input = await readCollection(gallery, collection, { signal });
    const { unlabelled, subject, metric, metricOptions } = input;
    const notes = unlabelled === 0 ? [] : [`left out ${counted(unlabelled, 'item')} without a label`];
    const own = { metric, metricOptions };
    const split = (): Promise<SplitSource> => splitOfLive(gallery, source, input, options, signal);
    const ranking = (): Promise<RankingSource> =>
      rankingOfCollection(gallery, source, input, options, signal);
    return { input, own, ks: defaultKs[subject.protocol], picture, split, ranking, notes, close };
  } catch (error) {
    await close();
    throw error;
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
  const embedded = await embedPictures(path, samples, options, signal);
  const { queries, gallery } = embedded;
  const { id, metadata } = embedded.model;
  const { sources = [], query = [], gallery: given = [] } = request;
  const subject: Subject = {
    protocol: samples.protocol,
    queries: sources.length > 0 ? sources : query,
    gallery: gallery === undefined ? null : sources.length > 0 ? sources : given,
    model: { id, name: metadata.name, architecture: metadata.architecture },
  };
  const input = { queries: queries.vectors, gallery: gallery?.vectors, subject };
  const picture = picturesOf(embedded);
  const split = (): Promise<SplitSource> =>
    splitOfPictures(embedded, options, (model) => embedPictures(model, samples, options, signal));
  const ranking = (): Promise<RankingSource> => rankingOfPictures(embedded, options, signal);
  const ks = defaultKs[samples.protocol];
  return { input, ks, picture, split, ranking, notes: notesOf(embedded), close: nothing };
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
      return fromCollection(source, options, signal);
  }
}
