// slow: starts processes
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { snapshelf } from '../support/cli.ts';
import { writeStripedFolders } from '../support/pictures.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-cli-'));
const photos = join(folder, 'photos');
const model = join(folder, 'tiny.onnx');
const gallery = ['--data', join(folder, 'data'), '--collection', 'shop'];

before(async () => {
  await writeStripedFolders(photos, 4, 3);
  await writeTinyModel(model);
});
after(() => rmSync(folder, { recursive: true, force: true }));

async function ok(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await snapshelf(...args);
  assert.equal(code, 0, `snapshelf ${args.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}

test('index, index again, search: the picture finds its own product', async () => {
  assert.match(
    await ok('index', photos, ...gallery, '--model', model, '--product', 'folder'),
    /12 added, 0 replaced, 0 updated, 0 unchanged, 0 failed/,
  );
  assert.match(
    await ok('index', photos, ...gallery),
    /0 added, 0 replaced, 0 updated, 12 unchanged, 0 failed/,
  );
  const query = join(photos, 'label-2', '1.jpg');
  const answer = JSON.parse(await ok('search', query, ...gallery, '-k', '3', '--json'));
  assert.equal(answer.hits[0].item.productId, 'label-2');
  assert.equal(answer.hits[0].item.id, 'label-2/1.jpg');
  assert.equal(
    new Set(answer.hits.map((hit: { item: { productId: string } }) => hit.item.productId)).size,
    3,
  );
  assert.match(
    await ok('search', query, ...gallery, '--group', 'item', '--exact'),
    /label-2\/1\.jpg[\s\S]*exact/,
  );
});

test('search: several pictures and items at once, and what it is not to be like', async () => {
  const photo = (label: number, picture: number): string => join(photos, `label-${label}`, `${picture}.jpg`);
  const search = ['search', ...gallery, '--json', '-k', '3'];
  const two = JSON.parse(await ok(...search, photo(2, 1), photo(2, 2)));
  assert.equal(two.hits[0].item.productId, 'label-2');
  const like = JSON.parse(await ok(...search, photo(2, 1), '--item', 'label-2/2.jpg', '--own-product'));
  assert.ok(!like.hits.some(({ item }: { item: { id: string } }) => item.id === 'label-2/2.jpg'));
  const unlike = JSON.parse(await ok(...search, photo(2, 1), '--not', photo(1, 1), '--not-weight', '1000'));
  assert.notEqual(unlike.hits[0].item.productId, 'label-1');
  const cancelled = await snapshelf(...search, photo(2, 1), '--not', photo(2, 1), '--not-weight', '1');
  assert.deepEqual([cancelled.code, /query-invalid/.test(cancelled.stderr)], [1, true]);
  assert.match((await snapshelf(...search)).stderr, /Name a picture, or an item/);
});

test('a bad picture is named at the end and does not sink the rest', async () => {
  writeFileSync(join(photos, 'label-0', 'broken.jpg'), 'not a picture');
  const { code, stdout } = await snapshelf('index', photos, ...gallery);
  assert.equal(code, 0);
  assert.match(stdout, /12 unchanged, 1 failed\n {2}.*broken\.jpg: .*\[image-unsupported\]/);
  assert.equal((await snapshelf('index', photos, ...gallery, '--strict')).code, 1);
});

test('embed refuses a bad picture, or leaves it out when told; the rows are named', async () => {
  const out = join(folder, 'features.npy');
  const refused = await snapshelf('embed', photos, '--model', model, '--out', out);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /label-0\/broken\.jpg/);
  await ok('embed', photos, '--model', model, '--out', out, '--skip-bad');
  const names = readFileSync(join(folder, 'features.paths.txt'), 'utf8').trimEnd().split('\n');
  assert.equal(names.length, 12);
  assert.deepEqual(names, names.toSorted());
  const header = readFileSync(out).subarray(0, 256).toString('latin1');
  const [, rows, dimension] = /'descr': '<f4'.*'shape': \((\d+), (\d+)\)/.exec(header) ?? [];
  assert.equal(Number(rows), 12);
  assert.equal(readFileSync(out).length, 256 + 4 * 12 * Number(dimension));
});

test('both vector formats hold the same numbers', async () => {
  const npy = join(folder, 'same.npy');
  const safetensors = join(folder, 'same.safetensors');
  for (const out of [npy, safetensors])
    await ok('embed', photos, '--model', model, '--out', out, '--skip-bad');
  assert.deepEqual(readFileSync(npy).subarray(256), readFileSync(safetensors).subarray(256));
});

test('inspect tells the facts of a model and of a gallery', async () => {
  assert.match(await ok('inspect', model), /architecture: /);
  const facts = JSON.parse(await ok('inspect', join(folder, 'data'), '--json'));
  assert.equal(facts.collections[0].items, 12);
});

test('a snapshot restores under another name', async () => {
  const file = join(folder, 'shop.snapshot');
  await ok('snapshot', ...gallery, '--out', file);
  const restored = ['--data', join(folder, 'data'), '--collection', 'copy'];
  assert.match(await ok('restore', file, ...restored), /12 items/);
  const query = join(photos, 'label-3', '0.jpg');
  assert.match(await ok('search', query, ...restored), /label-3/);
  // Where the collections are behind a URL, the data folder is not what is meant.
  const elsewhere = ['--engine', `postgres://shop@/none?host=${encodeURIComponent(folder)}`];
  const place = ['--data', join(folder, 'data'), '--collection', 'third'];
  const refused = await snapshelf('restore', file, ...place, ...elsewhere);
  assert.equal(refused.code, 1, refused.stdout);
  assert.match(refused.stderr, /\[engine-unavailable\]\n$/);
  assert.equal((await snapshelf('search', query, ...place)).code, 1);
});

test('a search by the subject tells its box, which may be given instead', async () => {
  const query = join(photos, 'label-3', '0.jpg');
  const rows = (text: string): string[] => text.split('\n').filter((line) => /^ +\d/.test(line));
  const found = await ok('search', query, ...gallery, '--crop', 'auto');
  const [, box = ''] = /^looked at --crop ([\d,]+) of .*0\.jpg$/m.exec(found) ?? [];
  const given = await ok('search', query, ...gallery, '--crop', box);
  assert.deepEqual(rows(given), rows(found));
  assert.doesNotMatch(given, /looked at/);
  assert.equal((await snapshelf('search', query, ...gallery, '--crop', '1,2,3')).code, 2);
  const two = await snapshelf('search', query, query, ...gallery, '--crop', '0,0,9,9');
  assert.match(two.stderr, /is for one picture, not for 2 pictures/);
  const none = await snapshelf('search', '--item', 'label-3/0.jpg', ...gallery, '--crop', 'auto');
  assert.match(none.stderr, /--crop auto is for pictures, and none is named/);
});

test('a page shows why the answers are matches, of one picture or item', async () => {
  const query = join(photos, 'label-3', '0.jpg');
  const why = join(folder, 'made', 'why.html');
  const told = await ok('search', query, ...gallery, '-k', '3', '--crop', 'auto', '--explain', why);
  const [, box = ''] = /^looked at --crop ([\d,]+) of /m.exec(told) ?? [];
  const [left, top, width, height] = box.split(',');
  assert.ok(told.includes(`wrote ${why}`));
  const page = readFileSync(why, 'utf8');
  // The query and each answer, both with their pictures; what was searched by has a frame of two lines.
  assert.equal(page.match(/<svg viewBox/g)?.length, 6);
  assert.equal(page.match(/href="data:image\/jpeg;base64,/g)?.length, 4);
  assert.equal(page.match(/<rect class="frame/g)?.length, 6);
  assert.ok(page.includes(`x="${left}" y="${top}" width="${width}" height="${height}"/>`));
  const item = ['--item', 'label-3/1.jpg', '--json', '--explain', why];
  assert.equal(JSON.parse(await ok('search', ...item, ...gallery)).hits.length, 3);
  assert.match(readFileSync(why, 'utf8'), /<title>Why these matches: label-3\/1\.jpg<\/title>/);
  const several = await snapshelf('search', query, query, ...gallery, '--explain', why);
  assert.match(several.stderr, /--explain is for a search by one picture, or by one --item/);
  const nowhere = await snapshelf('search', query, ...gallery, '--explain', photos);
  assert.deepEqual([nowhere.code, /not-writable/.test(nowhere.stderr), nowhere.stdout], [1, true, '']);
});

test('another model is refused with the command that re-indexes, and that command works', async () => {
  const other = join(folder, 'other.onnx');
  await writeTinyModel(other, { seed: 2 });
  const refused = await snapshelf('index', photos, ...gallery, '--model', other);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /snapshelf reindex --data \S+ --collection shop --model \S+other\.onnx/);
  await ok('reindex', ...gallery, '--model', other);
  assert.match(await ok('search', join(photos, 'label-1', '2.jpg'), ...gallery), /label-1/);
});

test('doctor finds what the tests run on', async () => {
  assert.match(await ok('doctor'), /ok +Node\.js/);
});

test('mistakes are told in a sentence, with the exit codes of the help', async () => {
  const missing = await snapshelf('search', join(photos, 'none.jpg'), ...gallery);
  assert.deepEqual([missing.code, /none\.jpg cannot be read/.test(missing.stderr)], [1, true]);
  const unknown = await snapshelf(
    'search',
    join(photos, 'label-1', '1.jpg'),
    '--data',
    join(folder, 'data'),
    '--collection',
    'none',
  );
  assert.deepEqual([unknown.code, /collection-not-found/.test(unknown.stderr)], [1, true]);
  assert.equal((await snapshelf('search', 'x.jpg', ...gallery, '-k', '0')).code, 2);
  assert.equal((await snapshelf('serch')).code, 2);
  assert.equal((await snapshelf('index')).code, 2);
});

test('a port that is taken is told in a sentence', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { code, stderr } = await snapshelf('serve', '--data', join(folder, 'unused'), '--port', String(port));
  server.close();
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^error: The port \d+ of 127\.0\.0\.1 is taken: another program listens there\..*--port.*\n$/,
  );
});

test('every command has help with an example', async () => {
  const help = await ok('--help');
  const commands = [...help.matchAll(/^ {2}([a-z]+) \[options\]/gm)].map(([, command = '']) => command);
  assert.ok(commands.length >= 10);
  // One after another: each at the same time would be a thread more, which loads all modules.
  for (const command of commands) assert.match(await ok(command, '--help'), /Example/);
});
