import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { readSource, type Sample } from '../datasets/index.ts';
import { SnapshelfError } from '../errors.ts';
import { readFileWithin, sha256, writeAtomically } from '../files/index.ts';
import { readModelFile } from '../model/index.ts';
import { Retriever } from '../retrieval/index.ts';
import { checkHostName, runServer } from '../server/index.ts';
import { collectChecked, integer } from './options.ts';
import { showProgress } from './progress.ts';
import { cliLogger, interruptible } from './run.ts';

interface Options {
  readonly data: string;
  readonly pictures?: string;
  readonly model?: string;
  readonly host: string;
  readonly port: number;
  readonly allowHost: string[];
}

const models = fileURLToPath(new URL('../../../models/', import.meta.url));
const drawing = fileURLToPath(new URL('../demo/draw.js', import.meta.url));

/** The model that `npm start` uses: the one with the best recall among those that ship (see docs/models.md). */
export const defaultModel = 'snapshelf-lite.onnx';

/** Lists the model files in `models/` by name: those that ship, and those that somebody put there. */
const modelsHere = async (): Promise<string[]> =>
  (await readdir(models).catch(() => [])).filter((name) => name.endsWith('.onnx')).sort();

/** Returns the named model, else the best in `models/`, else the first one there. */
async function chooseModel(named: string | undefined): Promise<string> {
  if (named !== undefined) return named;
  const names = await modelsHere();
  const chosen = names.find((name) => name === defaultModel) ?? names[0];
  if (chosen !== undefined) return join(models, chosen);
  throw new SnapshelfError(
    'model-not-found',
    `There is no model. To make one from PyTorch weights:
  npx snapshelf export --arch resnet50 --weights resnet50.pth --out models/resnet50.onnx
Or put one into models/, or name one with SNAPSHELF_MODEL.`,
  );
}

/** Prints the model that answers, and the others that could. */
async function printModel(model: string): Promise<void> {
  const others = (await modelsHere())
    .map((name) => join(models, name))
    .filter((path) => path !== resolve(model))
    .map((path) => relative('.', path));
  const best = resolve(model) === join(models, defaultModel) ? ', the best that ships' : '';
  const also = others.length === 0 ? '' : ` (also here: --model ${others.join(', --model ')})`;
  console.log(`model: ${relative('.', model)}${best}${also}`);
}

/** The pictures to show, the name of their collection, and one to try a search with (by default the first). */
interface Show {
  readonly collection: string;
  readonly samples: readonly Sample[];
  readonly query?: string;
}

/** Draws the catalogue in a process of its own, because this one blocks SVG. */
async function drawnShow(data: string): Promise<Show> {
  const folder = join(data, 'pictures');
  if (!existsSync(folder)) console.log(`drawing the demo catalogue in ${folder} (first start only)`);
  await promisify(execFile)(process.execPath, [drawing, folder]);
  const { samples } = await readSource(join(folder, 'catalogue.jsonl'));
  const [query = ''] = (await readdir(join(folder, 'queries'))).sort();
  return { collection: 'demo', samples, query: join(folder, 'queries', query) };
}

async function ownShow(source: string): Promise<Show> {
  const { samples } = await readSource(source);
  return { collection: 'pictures', samples };
}

/** Identifies the indexed pictures and the model: if either changes, the collection is created again. */
const shownOf = (modelId: string, { samples }: Show): string =>
  sha256(JSON.stringify([modelId, samples.map(({ id, path }) => [id, path])]));

/** Removes a collection that shows something else. One that the demo did not make is left alone. */
async function prepare(
  retriever: Retriever,
  data: string,
  { collection }: Show,
  shown: string,
): Promise<void> {
  const marker = join(data, `${collection}.demo`);
  const before = await readFileWithin(marker, 1000).then(String, () => undefined);
  const exists = (await retriever.gallery.collections()).some(({ name }) => name === collection);
  if (exists && before === undefined)
    throw new SnapshelfError(
      'collection-exists',
      `${data} has a collection "${collection}" that the demo did not make. Choose another --data.`,
    );
  if (exists && before !== shown) await retriever.gallery.drop(collection);
  // Not through a link that a folder from elsewhere may have in its place.
  await writeAtomically(marker, shown);
}

/** Indexes the pictures. Returns those that can be read. */
async function fill({ data }: Options, model: string, show: Show): Promise<Show> {
  const { collection, samples } = show;
  await using retriever = await Retriever.open(data, { model, log: cliLogger() });
  await prepare(retriever, data, show, shownOf((await readModelFile(model)).id, show));
  await retriever.createCollection(collection, { metric: 'cosine', model });
  const progress = showProgress('indexing', samples.length);
  const { failed } = await interruptible((signal) =>
    retriever.importSamples(collection, samples, { signal, onProgress: ({ done }) => progress.update(done) }),
  ).finally(() => progress.stop());
  for (const { path, error } of failed) console.log(`left out ${path}: ${error.message}`);
  const bad = new Set(failed.map(({ path }) => path));
  return { ...show, samples: samples.filter(({ path }) => !bad.has(path)) };
}

const hint = (url: string, { collection, samples, query = samples[0]?.path }: Show): void =>
  console.log(`
Snapshelf serves ${collection === 'demo' ? 'the demo catalogue' : 'your pictures'} at ${url}
Send a photo, for example:

  curl -F 'image=@${query}' '${url}/v1/collections/${collection}/search?k=3'
`);

async function run(options: Options): Promise<void> {
  const model = await chooseModel(options.model);
  const show = await (options.pictures === undefined ? drawnShow(options.data) : ownShow(options.pictures));
  const shown = await fill(options, model, show);
  await printModel(model);
  const { data, host, port, allowHost: allowHosts } = options;
  const onReady = (url: string): void => hint(url, shown);
  await runServer({ data, model, host, port, allow: 'admin', allowHosts, log: cliLogger(), onReady });
}

/** Creates `snapshelf demo`, which `npm start` runs: it draws a catalogue (or takes your pictures), indexes it and serves it. */
export const demoCommand = (): Command =>
  new Command('demo')
    .description('Draw a catalogue, index it and serve it: a first look without pictures of your own.')
    .option('--data <dir>', 'folder for the demo', 'data/demo')
    .option('--pictures <source>', 'a folder or manifest of your own pictures instead of the drawn catalogue')
    .option(
      '--model <file.onnx>',
      'model (default: SNAPSHELF_MODEL, else the best in models/)',
      process.env['SNAPSHELF_MODEL'],
    )
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <n>', 'port to listen on; 0 takes a free one', integer(0, 65_535), 3000)
    .option(
      '--allow-host <name>',
      'host name that requests may be for, besides localhost, --host and IP addresses; may be repeated',
      collectChecked(checkHostName),
      [],
    )
    .addHelpText('after', '\nExamples:\n  $ npm start -- --port 4000\n  $ npm start -- --pictures photos')
    .action(run);
