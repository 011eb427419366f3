import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { readSource, type Sample } from '../datasets/index.ts';
import { SnapshelfError } from '../errors.ts';
import { readModelFile } from '../model/index.ts';
import { Retriever } from '../retrieval/index.ts';
import { runServer } from '../server/index.ts';
import { integer } from './options.ts';
import { showProgress } from './progress.ts';
import { cliLogger, interruptible } from './run.ts';

interface Options {
  readonly data: string;
  readonly pictures?: string;
  readonly model?: string;
  readonly host: string;
  readonly port: number;
}

const models = fileURLToPath(new URL('../../../models/', import.meta.url));
const drawing = fileURLToPath(new URL('../demo/draw.js', import.meta.url));

/** The one that `npm start` takes: of those that ship, the one that finds most (see the table in README.md). */
const best = 'snapshelf-lite.onnx';

/** The model that was named, else the best in `models/`, else the first one there. */
async function chooseModel(named: string | undefined): Promise<string> {
  if (named !== undefined) return named;
  const names = (await readdir(models).catch(() => [])).filter((name) => name.endsWith('.onnx')).sort();
  const chosen = names.find((name) => name === best) ?? names[0];
  if (chosen !== undefined) return join(models, chosen);
  throw new SnapshelfError(
    'model-not-found',
    `no model: put one into models/ or name one with SNAPSHELF_MODEL. To make one from PyTorch weights:
  npx snapshelf export --arch resnet50 --weights resnet50.pth --out models/resnet50.onnx`,
  );
}

/** Says which model answers, and which others could. */
async function tellModel(model: string): Promise<void> {
  const others = (await readdir(models).catch(() => []))
    .filter((name) => name.endsWith('.onnx') && join(models, name) !== model)
    .map((name) => relative('.', join(models, name)));
  const also = others.length === 0 ? '' : ` (also here: --model ${others.join(', --model ')})`;
  console.log(`model: ${relative('.', model)}${also}`);
}

/** What is shown: which pictures, under which name, and one to try a search with. */
interface Show {
  readonly collection: string;
  readonly samples: readonly Sample[];
  readonly query: string;
}

/** Draws the catalogue in a process of its own, because SVG is locked out of this one. */
async function drawnShow(data: string): Promise<Show> {
  const folder = join(data, 'pictures');
  console.log(`drawing the demo catalogue in ${folder} (first start only)`);
  await promisify(execFile)(process.execPath, [drawing, folder]);
  const { samples } = await readSource(join(folder, 'catalogue.jsonl'));
  const [query = ''] = (await readdir(join(folder, 'queries'))).sort();
  return { collection: 'demo', samples, query: join(folder, 'queries', query) };
}

async function ownShow(source: string): Promise<Show> {
  const { samples } = await readSource(source);
  return { collection: 'pictures', samples, query: samples[0]?.path ?? '' };
}

async function fill({ data }: Options, model: string, { collection, samples }: Show): Promise<void> {
  await using retriever = await Retriever.open(data, { model, log: cliLogger() });
  const existing = (await retriever.gallery.collections()).find(({ name }) => name === collection);
  const { id } = await readModelFile(model);
  if (existing !== undefined && existing.modelId !== id) await retriever.gallery.drop(collection);
  await retriever.createCollection(collection, { metric: 'cosine', model });
  const progress = showProgress('indexing', samples.length);
  const { failed } = await interruptible((signal) =>
    retriever.importSamples(collection, samples, { signal, onProgress: ({ done }) => progress.update(done) }),
  ).finally(() => progress.stop());
  for (const { path, error } of failed) console.log(`left out ${path}: ${error.message}`);
}

const hint = (url: string, { collection, query }: Show): void =>
  console.log(`
Snapshelf serves ${collection === 'demo' ? 'the demo catalogue' : 'your pictures'} at ${url}
Send a photo, for example:

  curl -F image=@${query} '${url}/v1/collections/${collection}/search?k=3'
`);

async function run(options: Options): Promise<void> {
  const model = await chooseModel(options.model);
  const show = await (options.pictures === undefined ? drawnShow(options.data) : ownShow(options.pictures));
  await fill(options, model, show);
  await tellModel(model);
  await runServer({ ...options, model, log: cliLogger(), onReady: (url) => hint(url, show) });
}

/** `snapshelf demo`: draws a catalogue (or takes your pictures), indexes it and serves it; what `npm start` runs. */
export const demoCommand = (): Command =>
  new Command('demo')
    .description('Draw a catalogue, index it and serve it: a first look without pictures of your own.')
    .option('--data <dir>', 'folder for the demo', 'data/demo')
    .option('--pictures <source>', 'a folder or manifest of your own pictures instead of the drawn catalogue')
    .option(
      '--model <file.onnx>',
      'model (default: SNAPSHELF_MODEL, else one in models/)',
      process.env['SNAPSHELF_MODEL'],
    )
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <n>', 'port to listen on; 0 takes a free one', integer(0, 65_535), 3000)
    .addHelpText('after', '\nExamples:\n  $ npm start -- --port 4000\n  $ npm start -- --pictures photos')
    .action(run);
