import type { QueryGalleryRequest, VectorFiles } from '../eval/index.ts';
import type { EvaluateOptions } from './evaluate-options.ts';

/** Pictures of folders, manifests and data sets, to embed with a model. */
export interface PictureSource {
  readonly from: 'pictures';
  readonly request: QueryGalleryRequest;
  /** Path of the model file. */
  readonly model: string;
}

/** Files with vectors of any model. */
export interface VectorSource {
  readonly from: 'vectors';
  readonly queries: VectorFiles;
  /** Undefined: each query is searched among all the others. */
  readonly gallery: VectorFiles | undefined;
}

/** A live collection of a data folder. */
export interface CollectionSource {
  readonly from: 'collection';
  /** The data folder. */
  readonly data: string;
  readonly engine?: string | undefined;
  readonly pictureStore?: string | undefined;
  readonly collection: string;
}

/** The source of the vectors of an evaluation. */
export type EvaluationSource = PictureSource | VectorSource | CollectionSource;

function required(value: string | undefined, option: string): string {
  if (value === undefined) throw new RangeError(`The option ${option} is missing.`);
  return value;
}

function picturesOf(sources: readonly string[], options: EvaluateOptions): PictureSource {
  const { query, gallery, protocol, model } = options;
  const request = { sources, query, gallery, protocol };
  return { from: 'pictures', request, model: required(model, '--model') };
}

function vectorsOf(options: EvaluateOptions): VectorSource {
  if (options.self) {
    const queries = {
      vectors: required(options.vectors, '--vectors'),
      labels: required(options.labels, '--labels'),
      ids: options.ids,
    };
    return { from: 'vectors', queries, gallery: undefined };
  }
  const queries = {
    vectors: required(options.queryVectors, '--query-vectors'),
    labels: required(options.queryLabels, '--query-labels'),
    ids: options.queryIds,
  };
  const gallery = {
    vectors: required(options.galleryVectors, '--gallery-vectors'),
    labels: required(options.galleryLabels, '--gallery-labels'),
    ids: options.galleryIds,
  };
  return { from: 'vectors', queries, gallery };
}

/** The kinds of source that the command line names. */
function kindsOf(sources: readonly string[], options: EvaluateOptions): EvaluationSource['from'][] {
  const { query, gallery, collection, self, queryVectors, galleryVectors } = options;
  const kinds: EvaluationSource['from'][] = [];
  if (sources.length + query.length + gallery.length > 0) kinds.push('pictures');
  if (self === true || queryVectors !== undefined || galleryVectors !== undefined) kinds.push('vectors');
  if (collection !== undefined) kinds.push('collection');
  return kinds;
}

/** Refuses options of `--split-loss` without it, and a reference for vectors. */
function checkSplit(kind: EvaluationSource['from'], options: EvaluateOptions): void {
  const { splitLoss, reference, filter, storedPrecision } = options;
  if (!splitLoss && (reference ?? filter ?? storedPrecision) !== undefined)
    throw new RangeError(
      'The options --reference, --filter and --stored-precision are for --split-loss. Add it, or leave them out.',
    );
  if (kind === 'vectors' && reference !== undefined)
    throw new RangeError('The option --reference is for pictures and collections: leave it out for vectors.');
}

/**
 * Derives from the command line where the vectors come from.
 * @throws RangeError If the command line names no source, several, or options that do not belong to it.
 */
export function parseSource(sources: readonly string[], options: EvaluateOptions): EvaluationSource {
  const kinds = kindsOf(sources, options);
  const kind = kinds.length === 1 ? kinds[0] : undefined;
  if (kind === undefined)
    throw new RangeError(
      'Give one of these: sources (or --query and --gallery), --collection, --query-vectors and --gallery-vectors, --self and --vectors.',
    );
  checkSplit(kind, options);
  if (kind === 'pictures') return picturesOf(sources, options);
  if ((options.model ?? options.protocol) !== undefined)
    throw new RangeError(
      'The options --model and --protocol are for pictures: leave them out for vectors and collections.',
    );
  if (kind === 'vectors') return vectorsOf(options);
  const collection = required(options.collection, '--collection');
  return {
    from: 'collection',
    data: required(options.data, '--data'),
    engine: options.engine,
    pictureStore: options.pictureStore,
    collection,
  };
}
