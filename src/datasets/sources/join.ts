import { basename, dirname, extname, resolve } from 'node:path';
import { joinRemarks } from './left-out.ts';
import { byId, type Dataset, type Sample } from './sample.ts';

const stem = (path: string): string => basename(path, extname(path));

/** Returns short names that differ: the last part of each path, with the part before it if two are equal. */
function namesOf(sources: readonly string[]): string[] {
  const paths = sources.map((source) => resolve(source));
  const short = paths.map(stem);
  const alike = new Set(short).size < short.length;
  const named = alike ? paths.map((path) => `${basename(dirname(path))}/${stem(path)}`) : short;
  return named.map((name, at) => {
    const before = named.slice(0, at).filter((other) => other === name).length;
    return before === 0 ? name : `${name}-${before + 1}`;
  });
}

const within = (name: string, sample: Sample): Sample => ({
  ...sample,
  id: `${name}/${sample.id}`,
  label: `${name}/${sample.label}`,
  ...(sample.productId === undefined ? {} : { productId: `${name}/${sample.productId}` }),
});

/**
 * Joins several sources. Ids and labels begin with the name of their source, so equal ones of two sources differ. A single
 * source is returned as it is.
 *
 * @throws RangeError if there is none
 */
export function joinDatasets(datasets: readonly Dataset[]): Dataset {
  const [only] = datasets;
  if (only === undefined) throw new RangeError('There is no data set to join.');
  if (datasets.length === 1) return only;
  const names = namesOf(datasets.map(({ source }) => source));
  const samples = datasets.flatMap((dataset, at) =>
    dataset.samples.map((sample) => within(names[at] ?? '', sample)),
  );
  return {
    source: datasets.map(({ source }) => source).join(' + '),
    samples: samples.sort(byId),
    ...joinRemarks(datasets),
  };
}
