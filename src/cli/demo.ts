import { readdir } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { SnapshelfError } from '../errors.ts';
import { defaultModel } from '../model/index.ts';
import type { FailedSample } from '../retrieval/index.ts';
import { checkHostName, type Preparation, runServer } from '../server/index.ts';
import { counted } from '../text.ts';
import { drawnShow, ownShow, prepareCollection, queryFor, type Show } from './demo-show.ts';
import { collectChecked, integer } from './options.ts';
import { untilTakenPort } from './port-error.ts';
import { showProgress, timeLeft } from './progress.ts';
import { cliLogger } from './run.ts';
import { type AuthOptions, keyHelp, noAuthOption, takeAdminKey, tellKeys } from './who-may.ts';

interface Options extends AuthOptions {
  readonly data: string;
  readonly pictures?: string;
  readonly model?: string;
  readonly host: string;
  readonly port: number;
  readonly allowHost: string[];
}

const models = fileURLToPath(new URL('../../../models/', import.meta.url));

/** The model of the drawn catalogue: the one with the best figures for the kinds of things that it was trained on. */
export const drawnModel = 'snapshelf-lite.onnx';

/** Lists the model files in `models/` by name: those that ship, and those that somebody put there. */
const modelsHere = async (): Promise<string[]> =>
  (await readdir(models).catch(() => [])).filter((name) => name.endsWith('.onnx')).sort();

/** Returns the named model, else the one for such pictures, else the first in `models/`. */
async function chooseModel({ model, pictures }: Options): Promise<string> {
  if (model !== undefined) return model;
  const best = pictures === undefined ? join(models, drawnModel) : defaultModel;
  const paths = (await modelsHere()).map((name) => join(models, name));
  const chosen = paths.find((path) => path === best) ?? paths[0];
  if (chosen !== undefined) return chosen;
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
  const also = others.length === 0 ? '' : ` (also here: --model ${others.join(', --model ')})`;
  console.log(`model: ${relative('.', model)}${also}`);
}

/** @throws SnapshelfError `source-invalid` if no picture can be read: there is nothing to show. */
function checkShown({ collection, samples }: Show, [first]: readonly FailedSample[], all: number): void {
  if (samples.length > 0 || first === undefined) return;
  throw new SnapshelfError(
    'source-invalid',
    `None of the ${all} pictures of ${collection} can be read. The first is ${first.path}: ${first.error.message}`,
    { cause: first.error },
  );
}

/** Indexes the pictures while the server answers already. Returns those that are shown. */
async function fill(
  { data, pictures }: Options,
  model: string,
  { retriever, signal, tell }: Preparation,
): Promise<Show> {
  tell('the list of the pictures');
  const taken = (await retriever.gallery.collections()).map(({ name }) => name);
  const show = await (pictures === undefined ? drawnShow(data) : ownShow(data, pictures, taken));
  const { collection, samples, columns } = show;
  await prepareCollection(retriever, data, show, pictures ?? '', model);
  const progress = showProgress('indexing', samples.length);
  const started = performance.now();
  let latest = 0;
  const onProgress = ({ done }: { readonly done: number }): void => {
    latest = done;
    progress.update(done);
    const left = timeLeft(done, samples.length, performance.now() - started);
    tell(`the pictures of ${collection} (${done} of ${samples.length} are indexed, ${left} left)`);
  };
  try {
    const { failed } = await retriever.importSamples(collection, samples, { signal, columns, onProgress });
    for (const { path, error } of failed) console.log(`left out ${path}: ${error.message}`);
    const more = (await retriever.gallery.info(collection)).items - samples.length + failed.length;
    if (more > 0 && show.isOwn)
      console.log(
        `${collection} has ${counted(more, 'item')} that ${pictures} does not have (any more). To remove them, while this runs: snapshelf index ${pictures} --data ${data} --collection ${collection} --prune`,
      );
    const bad = new Set(failed.map(({ path }) => path));
    const shown = { ...show, samples: samples.filter(({ path }) => !bad.has(path)) };
    checkShown(shown, failed, samples.length);
    return shown;
  } finally {
    progress.stop();
    if (signal.aborted)
      console.log(
        `interrupted: ${latest} of ${samples.length} pictures are indexed and kept; the next start goes on`,
      );
  }
}

async function printHint(url: string, show: Show, data: string): Promise<void> {
  const what = show.isOwn ? `your pictures, the collection ${show.collection},` : 'the demo catalogue';
  const query = await queryFor(show, data);
  console.log(`
Snapshelf serves ${what} at ${url}
Open it in a browser and search with a photo, or send one, for example${show.isOwn ? ' (the middle of one of yours; better, a new photo of something that you have)' : ''}:

  curl -F 'image=@${query}' '${url}/v1/collections/${show.collection}/search?k=3'
`);
}

async function run(options: Options): Promise<void> {
  const model = await chooseModel(options);
  const { data, host, port, allowHost: allowHosts } = options;
  const keys = { adminKey: takeAdminKey(), noAuth: !options.auth };
  let show: Show | undefined;
  const prepare = async (preparation: Preparation): Promise<void> => {
    show = await fill(options, model, preparation);
  };
  const onListening = (url: string): void => {
    console.log(`listening at ${url} and indexing: ${url}/health/ready says how far it is`);
  };
  const onReady = async (url: string): Promise<void> => {
    await printModel(model);
    if (show !== undefined) await printHint(url, show, data);
  };
  const serving = { prepare, onListening, onReady, log: cliLogger() };
  const serve = () => runServer({ data, model, host, port, allow: 'admin', allowHosts, ...keys, ...serving });
  await tellKeys('snapshelf demo', () => untilTakenPort(host, port, serve));
}

/** Creates `snapshelf demo`, which `npm start` runs: it draws a catalogue (or takes your pictures), indexes it and serves it. */
export const demoCommand = (): Command =>
  new Command('demo')
    .description(
      'Draw a catalogue, index it and serve it: a first look without pictures of your own. With --pictures, yours: their collection is named after their folder and kept, and another start indexes only what has changed.',
    )
    .option('--data <dir>', 'folder for the demo', 'data/demo')
    .option('--pictures <source>', 'a folder or manifest of your own pictures instead of the drawn catalogue')
    .option(
      '--model <file or name>',
      'model (default: SNAPSHELF_MODEL, else the one that ships for such pictures)',
      process.env['SNAPSHELF_MODEL'],
    )
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <n>', 'port to listen on; 0 takes a free one', integer(0, 65_535), 3000)
    .addOption(noAuthOption())
    .option(
      '--allow-host <name>',
      'host name that requests may be for, besides localhost, --host and IP addresses; may be repeated',
      collectChecked(checkHostName),
      [],
    )
    .addHelpText(
      'after',
      `${keyHelp}\n\nExamples:\n  $ npm start -- --port 4000\n  $ npm start -- --pictures photos`,
    )
    .action(run);
