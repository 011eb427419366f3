import { type Dataset, joinRemarks, type Remarks, readSource, type Sample } from '../../datasets/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { counted } from '../../text.ts';
import type { Protocol } from '../protocols.ts';

/** The samples of an evaluation, and what the readers of their sources have to tell. */
export interface QueryGallery extends Remarks {
  readonly protocol: Protocol;
  readonly queries: readonly Sample[];
  /** Null: each query is searched among all the others. */
  readonly gallery: readonly Sample[] | null;
}

/** The sources of the samples of an evaluation. */
export interface QueryGalleryRequest {
  /** Folders, manifests or data sets; equal ids of two of them are kept apart. */
  readonly sources?: readonly string[] | undefined;
  /** All pictures of these are queries, against those of `gallery`. */
  readonly query?: readonly string[] | undefined;
  readonly gallery?: readonly string[] | undefined;
  /** Default: the data set's own; `query-gallery` if there are such splits; otherwise `self`. */
  readonly protocol?: Protocol | undefined;
}

const invalid = (message: string): SnapshelfError => new SnapshelfError('source-invalid', message);

const ofSplit = (samples: readonly Sample[], split: string): Sample[] =>
  samples.filter((sample) => sample.split === split);

/** Reads the samples of sources, with unique ids, sorted; ids of several sources begin with the number of the source. */
async function readAll(sources: readonly string[]): Promise<{ samples: Sample[]; datasets: Dataset[] }> {
  const datasets = await Promise.all(sources.map((source) => readSource(source)));
  const samples = datasets.flatMap(({ samples: own }, at) =>
    datasets.length === 1 ? own : own.map((sample) => ({ ...sample, id: `${at + 1}/${sample.id}` })),
  );
  return { samples: samples.sort((a, b) => (a.id < b.id ? -1 : 1)), datasets };
}

/** The test pictures of a source with splits; all pictures of one without. */
function testPictures(samples: readonly Sample[]): readonly Sample[] {
  const test = ofSplit(samples, 'test');
  if (test.length > 0) return test;
  if (samples.every(({ split }) => split === undefined)) return samples;
  throw invalid(
    'The source has splits, but none is "test": name its queries and gallery, or leave the splits out.',
  );
}

function guess(samples: readonly Sample[], benchmark: Dataset['benchmark']): Protocol {
  if (benchmark !== undefined) return benchmark;
  return samples.some(({ split }) => split === 'query') ? 'query-gallery' : 'self';
}

async function readSources(sources: readonly string[], asked: Protocol | undefined): Promise<QueryGallery> {
  const { samples, datasets } = await readAll(sources);
  const benchmark = datasets.length === 1 ? datasets[0]?.benchmark : undefined;
  const protocol = asked ?? guess(samples, benchmark);
  if (protocol !== 'query-gallery' && protocol !== 'self' && protocol !== benchmark)
    throw invalid(
      `${sources.join(', ')} is no copy of the data set that the protocol ${protocol} is for: use query-gallery or self.`,
    );
  const remarks = joinRemarks(datasets);
  if (protocol !== 'in-shop' && protocol !== 'query-gallery')
    return { protocol, queries: testPictures(samples), gallery: null, ...remarks };
  const queries = ofSplit(samples, 'query');
  const gallery = ofSplit(samples, 'gallery');
  if (queries.length === 0 || gallery.length === 0)
    throw invalid(
      `${sources.join(', ')} has ${counted(queries.length, 'picture')} of the split "query" and ${gallery.length} of "gallery": both are needed, or name query and gallery apart.`,
    );
  return { protocol, queries, gallery, ...remarks };
}

/**
 * Lists the samples to evaluate.
 * @throws SnapshelfError `source-invalid` if a source cannot be read, or lacks a split that the protocol needs
 * @throws RangeError If the request contradicts itself.
 * @example
 * ```ts
 * import { readQueryGallery } from 'snapshelf/evaluate';
 *
 * const { queries, gallery } = await readQueryGallery({ query: ['photos/query'], gallery: ['photos/gallery'] });
 * ```
 */
export async function readQueryGallery(request: QueryGalleryRequest): Promise<QueryGallery> {
  const { sources = [], query = [], gallery = [], protocol } = request;
  const named = query.length + gallery.length > 0;
  if (named && sources.length > 0)
    throw new RangeError('Give either sources, or query with gallery, not both.');
  if (!named && sources.length === 0) throw new RangeError('Name a source, or query and gallery.');
  if (!named) return readSources(sources, protocol);
  if (query.length === 0 || gallery.length === 0)
    throw new RangeError('Give query and gallery together, not only one of them.');
  if (protocol !== undefined && protocol !== 'query-gallery')
    throw new RangeError(`The options query and gallery follow the protocol query-gallery, not ${protocol}.`);
  const [queries, found] = await Promise.all([readAll(query), readAll(gallery)]);
  const remarks = joinRemarks([...queries.datasets, ...found.datasets]);
  return { protocol: 'query-gallery', queries: queries.samples, gallery: found.samples, ...remarks };
}
