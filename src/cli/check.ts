import { Command } from 'commander';
import { checkPictures, type GalleryThreads, type SweptCollection } from '../engines/index.ts';
import { type CheckedCollection, checkCollections, type Finding } from '../gallery/index.ts';
import { Retriever } from '../retrieval/index.ts';
import { counted } from '../text.ts';
import { checkEngine, isTidy } from './check-engine.ts';
import { galleryThreads, keepGpsOption, withPlace } from './options.ts';
import { cliLogger, plain } from './run.ts';

interface Options extends GalleryThreads {
  readonly data: string;
  readonly engine?: string;
  readonly pictureStore?: string;
  readonly repair?: boolean;
  readonly json?: boolean;
  readonly keepGps?: boolean;
}

const tellMs = 2000;

/** Items whose vector or thumbnail is to be made from their pictures. */
interface Mended {
  readonly made: string[];
  /** A line for each that could not be. */
  readonly left: string[];
}

/** Returns the ids of the items that a picture can mend: its own is not among the findings. */
function toMend(findings: readonly Finding[]): string[] {
  const lost = new Set(
    findings.filter(({ what }) => what === 'picture' || what === 'item').map(({ id }) => id),
  );
  const ids = findings.flatMap(({ what, id }) =>
    (what === 'vector' || what === 'thumbnail') && id ? [id] : [],
  );
  return [...new Set(ids)].filter((id) => !lost.has(id));
}

/** Makes vectors and thumbnails anew, from the pictures that are stored, with the model of the collection. */
async function mend(retriever: Retriever, { name, findings }: CheckedCollection): Promise<Mended> {
  const mended: Mended = { made: [], left: [] };
  for (const id of toMend(findings)) {
    try {
      const { productId, label, metadata, split } = await retriever.gallery.get(name, id);
      const { bytes } = await retriever.gallery.image(name, id);
      const fields = {
        productId,
        label: label ?? undefined,
        metadata,
        split: (split ?? undefined) as 'query',
      };
      const [result] = await retriever.add(name, [{ id, image: bytes, ...fields }]);
      if (result?.ok !== true) throw result?.error ?? new Error('The item has no result.');
      mended.made.push(id);
    } catch (error) {
      mended.left.push(`${id}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return mended;
}

function lineOf({ what, id, sequence, why }: Finding): string {
  const of = id === null ? (sequence === 0 ? '' : ` of change ${sequence}`) : ` of ${JSON.stringify(id)}`;
  return plain(`  ${what}${of} ${why}`);
}

function print(checked: CheckedCollection, mended: Mended | undefined): void {
  console.log(`${checked.name}: ${checked.state}`);
  const places = checked.findings.filter(({ what }) => what === 'place').length;
  for (const finding of checked.findings) if (finding.what !== 'place') console.log(lineOf(finding));
  if (places > 0) {
    const which = `the place in ${counted(places, 'picture')} (--keep-gps keeps it)`;
    console.log(checked.state === 'repaired' ? `  removed ${which}` : `  a repair removes ${which}`);
  }
  if (checked.kept !== undefined) console.log(`  the file as it was is ${checked.kept}`);
  if (mended === undefined) return;
  for (const id of mended.made) console.log(plain(`  made anew from its picture: ${JSON.stringify(id)}`));
  for (const line of mended.left) console.log(plain(`  not made anew: ${line}`));
}

/** Makes what tells now and then how much was read. */
function progress(): (name: string, count: number, noun?: string) => void {
  let lastTold = performance.now();
  return (name, count, noun = 'item') => {
    if (performance.now() - lastTold < tellMs) return;
    lastTold = performance.now();
    process.stderr.write(plain(`${name}: ${counted(count, noun)} read\n`));
  };
}

/** Checks and repairs the collections of a data folder. */
async function checkFolder(
  { data, pictureStore, repair = false, keepGps, ...threads }: Options,
  mended: Map<string, Mended>,
): Promise<CheckedCollection[]> {
  const checked = checkCollections(data, { repair, keepGps, onProgress: progress() });
  const needsMending = checked.filter(
    ({ state, findings }) => state === 'repaired' && toMend(findings).length > 0,
  );
  if (needsMending.length > 0) {
    await using retriever = await Retriever.open(data, {
      pictureStore,
      ...galleryThreads(threads),
      log: cliLogger(),
      keepGps,
    });
    for (const one of needsMending) mended.set(one.name, await mend(retriever, one));
  }
  return checked;
}

function printPictures({ name, pictures, missing, orphans, orphanBytes, removed }: SweptCollection): void {
  const which = `${counted(orphans, 'object')} of no item (${orphanBytes} bytes)`;
  const what =
    orphans === 0
      ? 'no object of no item'
      : removed > 0
        ? `removed ${which}`
        : `${which}: a repair removes them`;
  console.log(`${name}: ${counted(pictures, 'picture')} in the picture store; ${what}`);
  for (const id of missing)
    console.log(plain(`  the picture of ${JSON.stringify(id)} is missing: add the item again`));
}

async function run(options: Options): Promise<void> {
  const { data, engine, pictureStore, repair = false, json = false } = options;
  const mended = new Map<string, Mended>();
  const left =
    engine === undefined
      ? undefined
      : await checkEngine({ data, engine, repair, json, onProgress: progress() });
  const checked = engine === undefined ? await checkFolder(options, mended) : [];
  const pictures =
    pictureStore === undefined ? [] : await checkPictures(data, { engine, pictureStore, repair });
  if (json)
    console.log(
      JSON.stringify({
        collections: checked.map((one) => ({ ...one, mended: mended.get(one.name) })),
        ...(left !== undefined && { ...left, removed: repair }),
        ...(pictureStore !== undefined && { pictures }),
      }),
    );
  else {
    for (const one of checked) print(one, mended.get(one.name));
    pictures.forEach(printPictures);
  }
  const hasLeftovers = left !== undefined && !isTidy(left);
  const isDamaged =
    checked.some(({ state }) => state === 'damaged') ||
    pictures.some(({ missing }) => missing.length > 0) ||
    (left !== undefined && left.damaged.length > 0) ||
    (hasLeftovers && !repair);
  const isRepaired =
    checked.some(({ state }) => state === 'repaired') ||
    pictures.some(({ removed }) => removed > 0) ||
    hasLeftovers;
  const isUnmended = [...mended.values()].some((one) => one.left.length > 0);
  if (isUnmended || isDamaged) process.exitCode = 1;
  else if (isRepaired) process.exitCode = 2;
}

/** Creates `snapshelf check`: it compares all that a data folder holds with its checksums, and repairs it. */
export const checkCommand = (): Command =>
  withPlace(new Command('check'))
    .description(
      'Read the collections of a data folder from end to end and compare all with its checksums. Exit code 0: clean, 1: damage, 2: repaired.',
    )
    .option(
      '--repair',
      'make damaged collections anew of what is good: damaged rows go to the table quarantine, vectors and thumbnails are made from pictures; not beside a server',
    )
    .addOption(keepGpsOption())
    .option('--json', 'print one line of JSON')
    .addHelpText(
      'after',
      `
Nothing is deleted: a file of which something cannot be read is kept beside the new one. A repair also removes the places (GPS) that an
earlier version stored in pictures. With --picture-store the pictures in a bucket are looked for too, and objects that no item names,
older than an hour, are counted; a repair removes them.

Of an engine behind a URL it reads the pictures, and names the items whose picture is not what was stored: add these again. It counts
what writes and drops that were interrupted have left: parts of pictures that no item names, an hour old or more, and stores that no
collection names. A repair removes them, also beside servers.

Examples:
  $ snapshelf check --data data
  $ snapshelf check --data data --repair
  $ snapshelf check --data data --engine "weaviate://10.0.0.1:8080" --repair
  $ snapshelf check --data data --engine postgres://shop@db.internal/shop --picture-store s3://shop-pictures --repair`,
    )
    .action(run);
