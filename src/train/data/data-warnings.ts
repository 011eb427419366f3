import { stat } from 'node:fs/promises';
import type { Sample } from '../../datasets/index.ts';
import { hashFile } from '../../files/index.ts';
import { shown } from '../../json/index.ts';
import { counted } from '../../text.ts';
import { pipeline } from '../../threads/index.ts';
import type { TrainingData } from './training-data.ts';
import type { Validation } from './validation.ts';

/** A text for each path that is equal for files of equal bytes. */
type Contents = ReadonlyMap<string, string>;

const filesAtOnce = 16;

/** The size in bytes; undefined if the file cannot be read: reading the pictures will say so. */
const sizeOf = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ size }) => size,
    () => undefined,
  );

/** Only files whose size another one has are read: of photographs these are few. */
async function contentsOf(paths: ReadonlySet<string>): Promise<Contents> {
  const bySize = new Map<number, string[]>();
  for await (const [path, size] of pipeline(
    paths,
    filesAtOnce,
    async (one) => [one, await sizeOf(one)] as const,
  ))
    if (size !== undefined) {
      const group = bySize.get(size);
      if (group === undefined) bySize.set(size, [path]);
      else group.push(path);
    }
  const alike = [...bySize.values()].filter((group) => group.length > 1).flat();
  const contents = new Map([...paths].map((path) => [path, path]));
  const hash = (path: string) => hashFile(path).catch(() => undefined);
  for await (const [path, digest] of pipeline(
    alike,
    filesAtOnce,
    async (one) => [one, await hash(one)] as const,
  ))
    if (digest !== undefined) contents.set(path, digest.sha256);
  return contents;
}

const share = (count: number, total: number): string =>
  count === total ? `All ${total}` : `${count} of ${total}`;

const list = (items: readonly string[]): string => {
  const some = items.slice(0, 3).map((item) => shown(item));
  return items.length > some.length ? `${some.join(', ')}, …` : some.join(', ');
};

/** A warning about queries that are known already: in their own gallery, or trained on. */
function knownQueries(
  { name, queries, gallery }: Validation,
  trained: ReadonlySet<string>,
  contents: Contents,
): string[] {
  const contentOf = ({ path }: Pick<Sample, 'path'>): string => contents.get(path) ?? path;
  const shelf = new Set((gallery ?? []).map(contentOf));
  const doubled = queries.filter((query) => shelf.has(contentOf(query)));
  if (doubled.length > 0)
    return [
      `${share(doubled.length, queries.length)} queries of ${name} have their own picture in the gallery too, byte for byte (${list(doubled.map(({ id }) => id))}): they find themselves, and their Recall@1 says nothing. Validate with other pictures, or hold some out.`,
    ];
  const learned = queries.filter((query) => trained.has(contentOf(query)));
  if (learned.length === 0) return [];
  return [
    `${share(learned.length, queries.length)} queries of ${name} are trained on too, byte for byte (${list(learned.map(({ id }) => id))}): their Recall@1 is no measure of pictures that the network has not seen.`,
  ];
}

/** A warning about queries without a picture of their label to find. */
function strangers({ name, queries, gallery }: Validation): string[] {
  const counts = new Map<string, number>();
  for (const { label } of gallery ?? queries) counts.set(label, (counts.get(label) ?? 0) + 1);
  const least = gallery === null ? 2 : 1;
  const lost = queries.filter(({ label }) => (counts.get(label) ?? 0) < least);
  if (lost.length === 0) return [];
  const labels = list([...new Set(lost.map(({ label }) => label))]);
  const where = gallery === null ? 'another query' : 'a picture of the gallery';
  if (lost.length < queries.length)
    return [
      `${lost.length} of ${queries.length} queries of ${name} do not count: no label of theirs (${labels}) is that of ${where}.`,
    ];
  const theirs = gallery === null ? '' : `, whose labels are ${list([...counts.keys()])}`;
  return [
    `No query of ${name} counts: no label of theirs (${labels}) is that of ${where}${theirs}. Recall@1 stays 0 whatever is learned; name the folders of both alike.`,
  ];
}

/** A warning about pictures that are trained on as two classes. */
function twoLabels({ samples, classes }: TrainingData, contents: Contents): string[] {
  const first = new Map<string, number>();
  const pairs: string[] = [];
  let count = 0;
  for (const { path, label } of samples) {
    const content = contents.get(path) ?? path;
    const other = first.get(content);
    if (other === undefined) first.set(content, label);
    else if (other !== label) {
      count += 1;
      if (pairs.length < 4) pairs.push(`${path} as ${classes[other]} and ${classes[label]}`);
    }
  }
  if (count === 0) return [];
  return [
    `${counted(count, 'picture')} ${count === 1 ? 'is' : 'are'} trained on under two labels, byte for byte (${list(pairs)}). One of them is wrong.`,
  ];
}

/**
 * Looks for what makes the figures of a run worthless: queries that are in their own gallery or are trained on, labels
 * that a gallery lacks, pictures under two labels. Equal pictures are told by their bytes.
 * @returns sentences for people
 */
export async function dataWarnings(data: TrainingData): Promise<string[]> {
  const { samples, validations } = data;
  const validated = validations.flatMap(({ queries, gallery }) => [...queries, ...(gallery ?? [])]);
  const contents = await contentsOf(new Set([...samples, ...validated].map(({ path }) => path)));
  const trained = new Set(samples.map(({ path }) => contents.get(path) ?? path));
  return [
    ...twoLabels(data, contents),
    ...validations.flatMap((validation) => [
      ...knownQueries(validation, trained, contents),
      ...strangers(validation),
    ]),
  ];
}
