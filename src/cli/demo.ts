import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { readSource } from '../datasets/index.ts';
import { SnapshelfError } from '../errors.ts';
import { readModelFile } from '../model/index.ts';
import { Retriever } from '../retrieval/index.ts';
import { runServer } from '../server/index.ts';
import { integer } from './options.ts';
import { showProgress } from './progress.ts';
import { cliLogger, interruptible } from './run.ts';

interface Options {
  readonly data: string;
  readonly model?: string;
  readonly host: string;
  readonly port: number;
}

const collection = 'demo';
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

/** Draws the catalogue in a process of its own, because SVG is locked out of this one. */
async function draw(directory: string): Promise<void> {
  console.log(`drawing the demo catalogue in ${directory} (first start only)`);
  await promisify(execFile)(process.execPath, [drawing, directory]);
}

async function fill({ data }: Options, model: string): Promise<void> {
  const { samples } = await readSource(join(data, 'pictures', 'catalogue.jsonl'));
  await using retriever = await Retriever.open(data, { model, log: cliLogger() });
  const existing = (await retriever.gallery.collections()).find(({ name }) => name === collection);
  const { id } = await readModelFile(model);
  if (existing !== undefined && existing.modelId !== id) await retriever.gallery.drop(collection);
  await retriever.createCollection(collection, { metric: 'cosine', model });
  const progress = showProgress('indexing', samples.length);
  await interruptible((signal) =>
    retriever.importSamples(collection, samples, { signal, onProgress: ({ done }) => progress.update(done) }),
  ).finally(() => progress.stop());
}

async function hint(url: string, pictures: string): Promise<void> {
  const [query = ''] = (await readdir(join(pictures, 'queries'))).sort();
  console.log(`
Snapshelf serves the demo catalogue at ${url}
Send a photo, for example:

  curl -F image=@${join(pictures, 'queries', query)} '${url}/v1/collections/${collection}/search?k=3'
`);
}

async function run(options: Options): Promise<void> {
  const model = await chooseModel(options.model);
  const pictures = join(options.data, 'pictures');
  await draw(pictures);
  await fill(options, model);
  await tellModel(model);
  await runServer({ ...options, model, log: cliLogger(), onReady: (url) => hint(url, pictures) });
}

/** `snapshelf demo`: draws a catalogue, indexes it and serves it; what `npm start` runs. */
export const demoCommand = (): Command =>
  new Command('demo')
    .description('Draw a catalogue, index it and serve it: a first look without pictures of your own.')
    .option('--data <dir>', 'folder for the demo', 'data/demo')
    .option(
      '--model <file.onnx>',
      'model (default: SNAPSHELF_MODEL, else one in models/)',
      process.env['SNAPSHELF_MODEL'],
    )
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <n>', 'port to listen on; 0 takes a free one', integer(0, 65_535), 3000)
    .addHelpText('after', '\nExample:\n  $ npm start -- --port 4000')
    .action(run);
