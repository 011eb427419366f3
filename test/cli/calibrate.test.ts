// slow: embeds pictures and opens a data folder several times, each in a process first
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Retriever } from '../../src/retrieval/index.ts';
import { startServer } from '../../src/server/index.ts';
import { snapshelf } from '../support/cli.ts';
import { stripes } from '../support/pictures.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-calibrate-'));
const at = (name: string): string => join(folder, name);
const data = at('data');
const products = 22;
const where = (collection = 'shop'): string[] => ['--data', data, '--collection', collection];
after(() => rmSync(folder, { recursive: true, force: true }));

before(async () => {
  await writeTinyModel(at('tiny.onnx'));
  await writeTinyModel(at('other.onnx'), { seed: 2 });
  await using retriever = await Retriever.open(data, { model: at('tiny.onnx') });
  for (const name of ['shop', 'alone', 'same', 'empty']) await retriever.createCollection(name);
  const pictures = Array.from({ length: 2 * products }, (_, i) =>
    stripes(16 * (i >> 1) + (i % 2), 4 + (i >> 1), 64),
  );
  const items = (await Promise.all(pictures)).map((image, i) => ({ id: `${i}`, image }));
  await retriever.add(
    'shop',
    items.map((item, i) => ({ ...item, productId: `p${i >> 1}`, label: i < products ? 'low' : 'high' })),
  );
  await retriever.add('alone', items.slice(0, 3));
  const [first] = items;
  const copies = Array.from({ length: 2 * products }, (_, i) => ({
    ...(first as (typeof items)[number]),
    id: `${i}`,
    productId: `p${i >> 1}`,
    label: 'all',
  }));
  await retriever.add('same', copies);
});

interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function done(...args: readonly string[]): Promise<Said> {
  const said = await snapshelf(...args);
  assert.equal(said.code, 0, said.stderr);
  return said;
}

const search = (fields: readonly string[] = [], collection = 'shop'): Promise<Said> =>
  snapshelf('search', ...where(collection), '--item', '0', '--own-product', ...fields);

test('a calibration is told, shown again, written as a report, and searches go by it', async () => {
  const report = at('report');
  const { stdout } = await done('calibrate', ...where(), '--out', report);
  assert.match(stdout, /: 44 searches for a product that was left out, 44 searches for one that is there/);
  assert.match(stdout, /pairs by label: (low|high) \(\d+\), (low|high) \(\d+\)\n/);
  assert.match(stdout, /wrote .*report\.html and report\.json/);
  const written = JSON.parse(readFileSync(join(report, 'report.json'), 'utf8'));
  assert.deepEqual([written.collection, written.pairs, written.crossCheck.parts], ['shop', 44, 5]);
  assert.match(readFileSync(join(report, 'report.html'), 'utf8'), /False matches and false rejects/);
  const shown = JSON.parse((await done('calibrate', ...where(), '--show', '--json')).stdout);
  assert.deepEqual([shown.pairs, shown.calibratedAt], [44, written.calibratedAt]);
  assert.match((await search()).stdout, / %/);
  assert.equal((await search(['--max-false-match', '0.4'])).code, 0);
  assert.match(
    (await search(['--max-false-match', '0.01'])).stderr,
    /fewer than 10 of the 44 pairs.*Ask for 22\.73 % or more/,
  );
});

test('what cannot be is refused in a sentence, before anything is done', async () => {
  for (const [args, says] of [
    [['--remove', '--out', at('no')], /'--remove' cannot be used with option '--out/],
    [['--category', 'price'], /category must be label, or metadata\. and a key/],
    [['--unknown-share', '2'], /unknownShare must be a number from 0 to 1/],
    [['--max-items', '5'], /--max-items/],
    [['--out', join(at('tiny.onnx'), 'x')], /cannot be written/],
  ] as const) {
    const { code, stderr } = await snapshelf('calibrate', ...where(), ...args);
    assert.notEqual(code, 0);
    assert.match(stderr, says);
  }
  const alone = await snapshelf('calibrate', ...where('alone'));
  assert.match(alone.stderr, /3 products, and 0 items .*Each item is a product of its own/);
  assert.equal((await done('calibrate', ...where('alone'), '--show', '--json')).stdout, 'null\n');
  assert.match((await search(['--max-false-match', '0.4'], 'alone')).stderr, /is not calibrated/);
});

test('where all pictures are one, nothing is certain enough', async () => {
  await done('calibrate', ...where('same'));
  assert.match((await search(['--max-false-match', '0.4'], 'same')).stdout, /no match/);
  await done('calibrate', ...where('same'), '--remove');
  assert.match((await done('calibrate', ...where('same'), '--show')).stdout, /is not calibrated/);
});

test('a category that no item has is told', async () => {
  const { stdout } = await done('calibrate', ...where(), '--category', 'metadata.knid');
  assert.match(
    stdout,
    /pairs by metadata\.knid: none \(44\)\nNo item that was found has a metadata\.knid: all/,
  );
  assert.doesNotMatch((await done('calibrate', ...where())).stdout, /No item that was found/);
});

test('an empty collection has too few pairs', async () => {
  const { code, stderr } = await snapshelf('calibrate', ...where('empty'));
  assert.equal(code, 1);
  assert.match(stderr, /0 products, and 0 items whose product has others; a calibration needs 3 products/);
});

test('a snapshot has the calibration, and what is restored answers by it', async () => {
  const file = at('shop.snapshot');
  await done('snapshot', ...where(), '--out', file);
  await done('restore', file, ...where('copy'));
  assert.match((await done('calibrate', ...where('copy'), '--show')).stdout, /44 searches .* is there/);
  assert.equal((await search(['--max-false-match', '0.4'], 'copy')).code, 0);
});

test('beside a running server the calibration is kept through it, and it answers by it at once', async () => {
  await done('calibrate', ...where(), '--remove');
  const server = await startServer({ data, port: 0 });
  try {
    const path = `${server.url}/v1/collections/shop/calibration`;
    assert.equal((await fetch(path)).status, 404);
    const { stderr } = await done('calibrate', ...where());
    assert.match(stderr, /working through it/);
    const { calibration } = (await (await fetch(path)).json()) as { calibration: { pairs: number } };
    assert.equal(calibration.pairs, 44);
  } finally {
    await server.close();
  }
});

test('a damaged calibration is named, stops no search, and goes with a repair', async () => {
  const file = join(data, 'collections', 'copy', 'catalogue.sqlite');
  const bytes = readFileSync(file);
  const place = bytes.indexOf('"snapshelf-calibration"');
  assert.ok(place > 0);
  bytes.write('Snapshelf', place + 1);
  writeFileSync(file, bytes);
  assert.doesNotMatch((await search([], 'copy')).stdout, / %/);
  assert.equal((await search([], 'copy')).code, 0);
  assert.match((await search(['--max-false-match', '0.4'], 'copy')).stderr, /is damaged, or of a later/);
  const found = await snapshelf('check', '--data', data);
  assert.equal(found.code, 1);
  assert.match(found.stdout, /copy: damaged\n.*document "calibration" is not what was stored/);
  await snapshelf('check', '--data', data, '--repair');
  await done('check', '--data', data);
  assert.match((await search(['--max-false-match', '0.4'], 'copy')).stderr, /is not calibrated/);
  await done('calibrate', ...where('copy'));
});

test('another model makes it useless, and that is told with what to do', async () => {
  await done('reindex', ...where(), '--model', at('other.onnx'));
  const { stderr, code } = await search(['--max-false-match', '0.4']);
  assert.equal(code, 1);
  assert.match(stderr, /is of another model than the collection has now\. Calibrate it/);
  const plain = await search();
  assert.equal(plain.code, 0);
  assert.doesNotMatch(plain.stdout, / %/);
  assert.match((await done('calibrate', ...where(), '--show')).stdout, /of another model and not used/);
  await done('calibrate', ...where());
  assert.match((await search(['--max-false-match', '0.4'])).stdout, / %|no match/);
  assert.ok(!existsSync(at('no')));
});
