import { join } from 'node:path';
import { linesOf } from '../../../files/index.ts';
import { shown } from '../../../json/index.ts';
import { counted } from '../../../text.ts';
import { findPictures } from '../folder.ts';
import { invalidSource, listSome } from '../invalid-source.ts';
import { hidingKinds, type LeftOut } from '../left-out.ts';
import { byId, type Dataset, idProblem, type Sample } from '../sample.ts';
import { isFile, readText } from '../text-file.ts';
import type { Benchmark, ExpectedCounts, SplitCount } from './expected.ts';

/** The most lines of a listing: eight times those of the largest data set. */
const mostLines = 1_000_000;

/** One picture of a listing, before its path is checked. */
export type Listed = Omit<Sample, 'path' | 'productId'>;

/**
 * Reads the words of each line of a listing.
 *
 * @param skip - the number of heading lines
 * @param fields - the number of words per line
 * @throws SnapshelfError `source-invalid` if a line has another number of words, or there are too many lines
 */
export async function readLines(path: string, skip: number, fields: number): Promise<string[][]> {
  const text = await readText('The listing', path);
  const listed: string[][] = [];
  for (const [line, number] of linesOf(text)) {
    const words = line.trim().split(/\s+/, fields + 1);
    if (number <= skip || words[0] === '') continue;
    if (words.length !== fields || listed.length === mostLines)
      throw invalidSource(
        `${path}, line ${number} must be one of at most ${mostLines} lines of ${fields} words, not of ${words.length}.`,
        { line: number },
      );
    listed.push(words);
  }
  return listed;
}

async function checkFiles(root: string, listed: readonly Listed[]): Promise<void> {
  const missing: string[] = [];
  for (const { id } of listed) if (!(await isFile(join(root, id)))) missing.push(id);
  if (missing.length > 0)
    throw invalidSource(
      `The copy in ${root} is incomplete. ${missing.length} of ${listed.length} pictures are not there: ${listSome(missing)}.`,
    );
}

const count = (samples: readonly Listed[], wanted: SplitCount): string => {
  const own = samples.filter(({ split }) => split === wanted.split);
  const labels =
    wanted.labels === undefined ? '' : ` of ${new Set(own.map(({ label }) => label)).size} labels`;
  return `${counted(own.length, 'picture')}${labels}`;
};

function checkCounts(root: string, listed: readonly Listed[], expected: readonly SplitCount[]): void {
  for (const wanted of expected) {
    const labels = wanted.labels === undefined ? '' : ` of ${wanted.labels} labels`;
    const found = count(listed, wanted);
    const complete = `${counted(wanted.images, 'picture')}${labels}`;
    if (found !== complete)
      throw invalidSource(
        `The listing in ${root} has ${found} for ${wanted.split}; a complete copy has ${complete}.`,
      );
  }
}

/** Finds the pictures of the folder that the listing does not name; other files belong to every copy. */
async function unlisted(root: string, listed: readonly Listed[]): Promise<LeftOut[]> {
  const ids = new Set(listed.map(({ id }) => id));
  const { pictures, leftOut } = await findPictures(root);
  const others = pictures.filter((path) => !ids.has(path));
  const unnamed = leftOut.filter(({ kind }) => hidingKinds.has(kind));
  return [...others.map((path): LeftOut => ({ kind: 'not-listed', path })), ...unnamed];
}

/**
 * Makes a data set of a listing, after checking its paths, counts and files.
 *
 * @throws SnapshelfError `source-invalid` if one of these is wrong
 */
export async function toDataset(
  root: string,
  benchmark: Benchmark,
  listed: readonly Listed[],
  expected: ExpectedCounts,
): Promise<Dataset> {
  const wrong = listed.flatMap(({ id, label }) => {
    const problem =
      idProblem(id) ?? (/[\p{Cc}\p{Cs}]/u.test(label) ? 'has a label with control characters' : undefined);
    return problem === undefined ? [] : [`${shown(id)} ${problem}`];
  });
  if (wrong.length > 0)
    throw invalidSource(`Some paths listed in ${root} cannot be used: ${listSome(wrong)}.`);
  if (new Set(listed.map(({ id }) => id)).size < listed.length)
    throw invalidSource(`A picture is listed twice in ${root}.`);
  checkCounts(root, listed, expected[benchmark]);
  await checkFiles(root, listed);
  // The labels of these two are products, those of the others kinds of birds and cars.
  const sold = benchmark === 'sop' || benchmark === 'in-shop';
  const samples = listed
    .map((one) => ({ ...one, path: join(root, one.id), ...(sold ? { productId: one.label } : {}) }))
    .sort(byId);
  return { source: root, samples, leftOut: await unlisted(root, listed), notes: [], benchmark };
}
