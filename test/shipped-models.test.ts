// slow: starts processes
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { drawnModel } from '../src/cli/demo.ts';
import type { Evaluation } from '../src/eval/index.ts';
import { defaultModel, shippedModels } from '../src/model/index.ts';
import {
  bytesPerElement,
  decodeModel,
  encodeModel,
  type TensorProto,
  tensorDataType,
} from '../src/onnx/index.ts';
import { snapshelf } from './support/cli.ts';
import { repositoryRoot } from './support/repository.ts';

/** The least Recall@1 of each model that ships, on the demo's catalogue: its measured figure less a little. */
const bars: Readonly<Record<string, number>> = {
  'imagenet-lite0.onnx': 0.93,
  'snapshelf-generalist.onnx': 0.98,
  'snapshelf-lite.onnx': 0.97,
  'snapshelf-resnet50.onnx': 0.97,
};

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-shipped-'));
const [gallery, queries] = [join(folder, 'demo', 'gallery.jsonl'), join(folder, 'demo', 'queries.jsonl')];

/** A manifest of pictures whose label is their product. */
const manifest = (rows: readonly { readonly path: string; readonly label: string }[]): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join('');

before(async () => {
  const demo = join(folder, 'demo');
  await promisify(execFile)(process.execPath, [join(repositoryRoot, 'dist/src/demo/draw.js'), demo]);
  const sold = readFileSync(join(demo, 'catalogue.jsonl'), 'utf8').trimEnd().split('\n');
  const rows = sold.map((line) => JSON.parse(line) as { path: string; productId: string });
  writeFileSync(gallery, manifest(rows.map(({ path, productId }) => ({ path, label: productId }))));
  const photos = readdirSync(join(demo, 'queries')).map((name) => ({
    path: `queries/${name}`,
    label: name.replace(/\.jpg$/, ''),
  }));
  writeFileSync(queries, manifest(photos));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** The share of the demo's queries whose nearest picture is of their product. */
async function recallOf(model: string): Promise<number> {
  const json = join(folder, 'report.json');
  const asked = ['--gallery', gallery, '--query', queries, '--metric', 'cosine', '--ks', '1', '--json', json];
  const { code, stderr } = await snapshelf(
    'evaluate',
    '--model',
    model,
    ...asked,
    '--provider',
    'cpu',
    '--no-cache',
  );
  assert.equal(code, 0, stderr);
  const { results } = JSON.parse(readFileSync(json, 'utf8')) as Evaluation;
  return results[0]?.main.figures.find(({ name }) => name === 'recall@1')?.mean ?? Number.NaN;
}

const models = join(repositoryRoot, 'models');
/** A model is ours when it has a card: people also export their own into the folder. */
const shipped = readdirSync(models)
  .filter((file) => file.endsWith('.md') && !file.endsWith('-start.md'))
  .map((card) => card.replace(/md$/, 'onnx'))
  .sort();
for (const name of shipped)
  test(`${name} finds what the demo sells`, async () => {
    const bar = bars[name];
    assert.ok(bar !== undefined, `say in this test what ${name} must reach`);
    const recall = await recallOf(join(models, name));
    assert.ok(recall >= bar, `Recall@1 is ${recall}`);
  });

/** The same numbers in another order, each whole. */
function reversed(tensor: TensorProto): Uint8Array<ArrayBuffer> {
  const size = bytesPerElement(tensorDataType(tensor));
  const elements = Array.from({ length: tensor.rawData.length / size }, (_, at) =>
    tensor.rawData.slice(at * size, (at + 1) * size),
  );
  return new Uint8Array(Buffer.concat(elements.reverse()));
}

test('the default model with some filters in the wrong order does not pass', async () => {
  const model = decodeModel(readFileSync(defaultModel));
  const filters = (model.graph?.initializer ?? []).filter(
    ({ dims, rawData }) => dims.length === 4 && rawData.length > 0,
  );
  // Of both networks, where there are two of 49 filters.
  const some = filters.filter((_, at) => at % 49 >= 5 && at % 49 < 10);
  for (const tensor of some) tensor.rawData = reversed(tensor);
  const broken = join(folder, 'broken.onnx');
  writeFileSync(broken, encodeModel(model));
  const recall = await recallOf(broken);
  assert.ok(recall > 0 && recall < (bars[basename(defaultModel)] ?? 0), `Recall@1 is ${recall}`);
});

/** The Recall@1 figures of a model in the first table of a page, in percent; NaN where it has seen the photographs. */
function figuresOf(name: string, page = join('docs', 'models.md')): readonly number[] {
  const lines = readFileSync(join(repositoryRoot, page), 'utf8').split('\n');
  const row = lines.find((line) => line.startsWith(`| ${name.replace(/\.onnx$/, '')} |`)) ?? '';
  return row.split('|').slice(2, -1).map(Number.parseFloat);
}

/** The places of two columns of figures in that table. */
const neverSeen = 2;
const clothes = 5;

test('every model has a bar and its figures; the default is the best for goods never seen, npm start for what it was trained on', () => {
  assert.deepEqual(Object.keys(bars).sort(), shipped);
  const figureOf = (name: string, column: number): number =>
    [name, `twin of ${name}`].map((one) => figuresOf(one)[column]).find((figure) => Number(figure) > 0) ?? 0;
  const bestAt = (column: number): string | undefined =>
    shipped.toSorted((a, b) => figureOf(b, column) - figureOf(a, column))[0];
  for (const name of shipped) assert.equal(figuresOf(name).length, 6, `${name} is not in the table`);
  assert.equal(bestAt(neverSeen), basename(defaultModel));
  assert.equal(bestAt(clothes), drawnModel);
});

test('the headline table of the README has the figures of docs/models.md', () => {
  for (const path of shippedModels.values())
    assert.deepEqual(figuresOf(basename(path), 'README.md'), figuresOf(basename(path)), path);
});
