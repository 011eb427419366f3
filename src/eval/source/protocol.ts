import { type Dataset, readSource, type Sample } from '../../datasets/index.ts';
import { SnapshelfError } from '../../errors.ts';

/** The protocols of the four data sets of the literature, and the two that they are made of. */
export const protocols = ['in-shop', 'sop', 'cub', 'cars', 'query-gallery', 'self'] as const;
export type Protocol = (typeof protocols)[number];

/** The K of Recall@K that a protocol is published with. */
export const defaultKs: Readonly<Record<Protocol, readonly number[]>> = {
  'in-shop': [1, 10, 20, 30, 40, 50],
  sop: [1, 10, 100, 1000],
  cub: [1, 2, 4, 8, 16, 32],
  cars: [1, 2, 4, 8, 16, 32],
  'query-gallery': [1, 10, 20, 30, 40, 50],
  self: [1, 2, 4, 8, 16, 32],
};

/** Samples to compare. */
export interface Sides {
  readonly protocol: Protocol;
  readonly queries: readonly Sample[];
  /** Null: each query is looked for among all the others. */
  readonly gallery: readonly Sample[] | null;
}

/** What is to be evaluated. */
export interface SidesRequest {
  /** Folders, manifests or data sets; equal ids of two of them are kept apart. */
  readonly sources?: readonly string[] | undefined;
  /** All pictures of these are queries, against those of `gallery`. */
  readonly query?: readonly string[] | undefined;
  readonly gallery?: readonly string[] | undefined;
  /** Default: the data set's own; `query-gallery` where there are such splits; else `self`. */
  readonly protocol?: Protocol | undefined;
}

const invalid = (message: string): SnapshelfError => new SnapshelfError('source-invalid', message);

const ofSplit = (samples: readonly Sample[], split: string): Sample[] =>
  samples.filter((sample) => sample.split === split);

/** The samples of sources, ids unique and sorted; those of several sources begin with the number of the source. */
async function readAll(sources: readonly string[]): Promise<{ samples: Sample[]; datasets: Dataset[] }> {
  const datasets = await Promise.all(sources.map((source) => readSource(source)));
  const samples = datasets.flatMap(({ samples: own }, at) =>
    datasets.length === 1 ? own : own.map((sample) => ({ ...sample, id: `${at + 1}/${sample.id}` })),
  );
  return { samples: samples.sort((a, b) => (a.id < b.id ? -1 : 1)), datasets };
}

/** Where a source has splits, its test pictures; else all. */
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

async function sidesOfSources(sources: readonly string[], asked: Protocol | undefined): Promise<Sides> {
  const { samples, datasets } = await readAll(sources);
  const benchmark = datasets.length === 1 ? datasets[0]?.benchmark : undefined;
  const protocol = asked ?? guess(samples, benchmark);
  if (protocol !== 'query-gallery' && protocol !== 'self' && protocol !== benchmark)
    throw invalid(
      `${sources.join(', ')} is no copy of the data set that the protocol ${protocol} is for: use query-gallery or self.`,
    );
  if (protocol !== 'in-shop' && protocol !== 'query-gallery')
    return { protocol, queries: testPictures(samples), gallery: null };
  const [queries, gallery] = [ofSplit(samples, 'query'), ofSplit(samples, 'gallery')];
  if (queries.length === 0 || gallery.length === 0)
    throw invalid(
      `${sources.join(', ')} has ${queries.length} pictures of the split "query" and ${gallery.length} of "gallery": both are needed, or give --query and --gallery.`,
    );
  return { protocol, queries, gallery };
}

/**
 * Reads what is to be evaluated.
 * @throws SnapshelfError `source-invalid` when something is missing or a split that the protocol needs; RangeError when
 * the request contradicts itself.
 */
export async function readSides(request: SidesRequest): Promise<Sides> {
  const { sources = [], query = [], gallery = [], protocol } = request;
  const named = query.length + gallery.length > 0;
  if (named && sources.length > 0)
    throw new RangeError('give either sources, or --query with --gallery, not both');
  if (!named && sources.length === 0) throw new RangeError('name a source, or --query and --gallery');
  if (!named) return sidesOfSources(sources, protocol);
  if (query.length === 0 || gallery.length === 0) throw new RangeError('--query and --gallery go together');
  if (protocol !== undefined && protocol !== 'query-gallery')
    throw new RangeError(`--query and --gallery are the protocol query-gallery, not ${protocol}`);
  const [queries, found] = await Promise.all([readAll(query), readAll(gallery)]);
  return { protocol: 'query-gallery', queries: queries.samples, gallery: found.samples };
}
