import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { invalidSource, listSome } from '../invalid-source.ts';
import { byId, type Dataset, idProblem, type Sample } from '../sample.ts';
import type { Benchmark, ExpectedCounts, SplitCount } from './expected.ts';

/** One picture of a listing, before its path is trusted. */
export type Listed = Omit<Sample, 'path' | 'productId'>;

/** The fields of each line of a listing of words between blanks, after `skip` lines of heading. */
export async function readLines(path: string, skip: number, fields: number): Promise<string[][]> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw invalidSource(`The listing ${path} cannot be read`, { cause });
  });
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return lines.flatMap((line, at) => {
    if (at < skip || line === '') return [];
    const words = line.split(/\s+/);
    if (words.length !== fields)
      throw invalidSource(`${path}, line ${at + 1}: expected ${fields} words, found ${words.length}`, {
        line: at + 1,
      });
    return [words];
  });
}

async function checkFiles(root: string, listed: readonly Listed[]): Promise<void> {
  const missing: string[] = [];
  for (const { id } of listed) {
    const there = await stat(join(root, id)).then(
      (found) => found.isFile(),
      () => false,
    );
    if (!there) missing.push(id);
  }
  if (missing.length > 0)
    throw invalidSource(
      `The copy in ${root} is incomplete: ${missing.length} of ${listed.length} pictures are not there`,
      {
        list: listSome(missing),
      },
    );
}

const count = (samples: readonly Listed[], wanted: SplitCount): string => {
  const own = samples.filter(({ split }) => split === wanted.split);
  const labels =
    wanted.labels === undefined ? '' : ` of ${new Set(own.map(({ label }) => label)).size} labels`;
  return `${own.length} pictures${labels}`;
};

function checkCounts(root: string, listed: readonly Listed[], expected: readonly SplitCount[]): void {
  for (const wanted of expected) {
    const labels = wanted.labels === undefined ? '' : ` of ${wanted.labels} labels`;
    const [found, complete] = [count(listed, wanted), `${wanted.images} pictures${labels}`];
    if (found !== complete)
      throw invalidSource(
        `The listing in ${root} has ${found} for ${wanted.split}, a complete copy has ${complete}`,
      );
  }
}

/** A listing as a data set, once its paths, counts and files are what they should be. */
export async function toDataset(
  root: string,
  benchmark: Benchmark,
  listed: readonly Listed[],
  expected: ExpectedCounts,
): Promise<Dataset> {
  const wrong = listed.flatMap(({ id }) => {
    const problem = idProblem(id);
    return problem === undefined ? [] : [`${JSON.stringify(id)} ${problem}`];
  });
  if (wrong.length > 0)
    throw invalidSource(`Some paths listed in ${root} cannot be used`, { list: listSome(wrong) });
  if (new Set(listed.map(({ id }) => id)).size < listed.length)
    throw invalidSource(`A picture is listed twice in ${root}`);
  checkCounts(root, listed, expected[benchmark]);
  await checkFiles(root, listed);
  const samples = listed
    .map((one) => ({ ...one, path: join(root, one.id), productId: one.label }))
    .sort(byId);
  return { source: root, samples, skipped: 0, benchmark };
}
