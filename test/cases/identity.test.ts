// slow: starts processes
import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import type { SearchOptions } from '../../src/engine/index.ts';
import { Retriever, type RetrieverAnswer } from '../../src/retrieval/index.ts';
import { snapshelf } from '../support/cli.ts';
import { stripes, writeStripedFolders } from '../support/pictures.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-identity-'));
const data = join(folder, 'data');
const model = join(folder, 'tiny.onnx');
const inCollection = (collection: string): string[] => ['--data', data, '--collection', collection];

/** Writes pictures, `name: hue`, under a folder of the test. */
async function pictures(name: string, files: Readonly<Record<string, number>>): Promise<string> {
  const root = join(folder, name);
  for (const [file, hue] of Object.entries(files)) {
    const path = join(root, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, await stripes(hue, 5));
  }
  return root;
}

async function run(
  ...args: readonly string[]
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await snapshelf(...args);
  return { code, stdout, stderr };
}

async function ok(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...args);
  assert.equal(code, 0, `snapshelf ${args.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}

/** One reader for all tests: the commands are the writers. */
let reader: Retriever | undefined;

/** Searches with every item as an answer. */
async function found(
  picture: string,
  collection: string,
  options: SearchOptions = {},
): Promise<RetrieverAnswer> {
  reader ??= await Retriever.open(data, { readOnly: true });
  return reader.search(collection, { image: readFileSync(picture) }, { k: 50, ...options });
}

const ids = ({ hits }: RetrieverAnswer): string[] => hits.map(({ item }) => item.id).sort();

let a = '';
let b = '';

before(async () => {
  await writeTinyModel(model);
  await writeStripedFolders(join(folder, 'photos'), 3, 4);
  a = await pictures('suppliers/a', { 'hat/IMG_0001.jpg': 10, 'hat/IMG_0002.jpg': 40 });
  b = await pictures('suppliers/b', { 'hat/IMG_0001.jpg': 190, 'hat/IMG_0003.jpg': 220 });
});
after(async () => {
  await reader?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('row suppliers: what replaces another picture is counted apart, named, and told how to keep both', async () => {
  assert.match(
    await ok('index', a, ...inCollection('plain'), '--model', model),
    /plain: 2 added, 0 replaced, 0 updated, 0 unchanged, 0 failed/,
  );
  const second = await ok('index', b, ...inCollection('plain'));
  assert.match(second, /plain: 1 added, 1 replaced, 0 updated, 0 unchanged, 0 failed/);
  assert.match(second, /replaced by other pictures of the same ids.*--id-prefix.*: hat\/IMG_0001\.jpg/);
  assert.match(await ok('index', b, ...inCollection('plain')), /0 added, 0 replaced, 0 updated, 2 unchanged/);
});

test('row suppliers: a prefix for each source keeps both pictures', async () => {
  const shop = inCollection('prefixed');
  await ok('index', a, ...shop, '--model', model, '--id-prefix', 'a/');
  assert.match(await ok('index', b, ...shop, '--id-prefix', 'b/'), /2 added, 0 replaced/);
  const answer = await found(join(a, 'hat/IMG_0001.jpg'), 'prefixed');
  assert.deepEqual(ids(answer), [
    'a/hat/IMG_0001.jpg',
    'a/hat/IMG_0002.jpg',
    'b/hat/IMG_0001.jpg',
    'b/hat/IMG_0003.jpg',
  ]);
  assert.equal(answer.hits[0]?.item.id, 'a/hat/IMG_0001.jpg');
  // By folder, the two suppliers' hats are two products.
  await ok(
    'index',
    a,
    ...inCollection('by-folder'),
    '--model',
    model,
    '--id-prefix',
    'a/',
    '--product',
    'folder',
  );
  await ok('index', b, ...inCollection('by-folder'), '--id-prefix', 'b/');
  const grouped = await found(join(a, 'hat/IMG_0001.jpg'), 'by-folder');
  assert.deepEqual(grouped.hits.map(({ item }) => item.productId).sort(), ['a/hat', 'b/hat']);
});

test('a prefix that no id can begin with is refused before anything is read', async () => {
  for (const prefix of ['', '/a', 'a//', '../', 'a\\b'])
    assert.equal((await run('index', a, ...inCollection('none'), '--id-prefix', prefix)).code, 2, prefix);
});

test('--prune removes what the source no longer has, of its prefix only, and says what', async () => {
  const shop = inCollection('prefixed');
  const fewer = await pictures('suppliers/a2', { 'hat/IMG_0002.jpg': 40 });
  const pruned = await ok('index', fewer, ...shop, '--id-prefix', 'a/', '--prune');
  assert.match(pruned, /0 added, 0 replaced, 0 updated, 1 unchanged, 1 removed, 0 failed/);
  assert.match(pruned, /removed, because the source no longer has them: a\/hat\/IMG_0001\.jpg/);
  const left = await found(join(a, 'hat/IMG_0002.jpg'), 'prefixed');
  assert.deepEqual(ids(left), ['a/hat/IMG_0002.jpg', 'b/hat/IMG_0001.jpg', 'b/hat/IMG_0003.jpg']);
});

test('--prune that would remove most of a collection changes nothing unless --yes says so', async () => {
  const shop = inCollection('emptied');
  const many = await pictures('many', { 'x/1.jpg': 0, 'x/2.jpg': 60, 'x/3.jpg': 120, 'x/4.jpg': 180 });
  const one = await pictures('one', { 'x/1.jpg': 0, 'x/9.jpg': 300 });
  await ok('index', many, ...shop, '--model', model);
  const refused = await run('index', one, ...shop, '--prune');
  assert.equal(refused.code, 1);
  assert.match(
    refused.stderr,
    /lacks 3 of the 4 items .*"x\/2\.jpg".* Add --yes to remove them\. \[prune-refused\]/,
  );
  assert.equal((await found(join(many, 'x/1.jpg'), 'emptied')).total, 4);
  assert.match(await ok('index', one, ...shop, '--prune', '--yes'), /1 added, .*1 unchanged, 3 removed/);
});

/** Only Linux takes names that are no text. */
const skip = process.platform !== 'linux' && 'only Linux has such names';

test('--prune changes nothing when a part of the source cannot be read, which may still be there', {
  skip,
}, async () => {
  const shop = inCollection('half-read');
  const root = await pictures('half-read', { 'x/1.jpg': 0, 'x/2.jpg': 60, 'x/3.jpg': 120 });
  await ok('index', root, ...shop, '--model', model);
  // As a disk of another system writes "é.jpg".
  const name = Buffer.concat([Buffer.from(join(root, 'x/')), Buffer.from([0xe9]), Buffer.from('.jpg')]);
  renameSync(join(root, 'x/1.jpg'), name);
  const refused = await run('index', root, ...shop, '--prune');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /could not be read whole \(1 .*x\/\\xE9\.jpg\).*\[prune-refused\]/);
  assert.equal((await found(join(root, 'x/2.jpg'), 'half-read')).total, 3);
});

test('--prune changes nothing when a link of the source leads nowhere, as one to a disk that is not mounted', {
  skip,
}, async () => {
  const shop = inCollection('linked');
  const root = await pictures('linked', { 'x/1.jpg': 0, 'x/2.jpg': 60, 'x/3.jpg': 120 });
  const disk = await pictures('disk', { '1.jpg': 200 });
  symlinkSync(disk, join(root, 'shoe'));
  await ok('index', root, ...shop, '--model', model);
  renameSync(disk, `${disk}.off`);
  const refused = await run('index', root, ...shop, '--prune');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /could not be read whole \(1 .*shoe\).*\[prune-refused\]/);
  assert.equal((await found(join(root, 'x/2.jpg'), 'linked')).total, 4);
});

test('all mistakes of a command are told at once, and no data folder is made', async () => {
  const nowhere = join(folder, 'nowhere');
  const { code, stderr } = await run(
    ...[
      'index',
      join(folder, 'no-pictures'),
      '--data',
      nowhere,
      '--collection',
      'My Shop',
      '--model',
      'no.onnx',
    ],
  );
  assert.equal(code, 1);
  assert.match(stderr, /no-pictures[\s\S]*no\.onnx[\s\S]*My Shop/);
  assert.equal(existsSync(nowhere), false);
});

test('a file that is damaged keeps its item when the rest is pruned', async () => {
  const shop = inCollection('damaged');
  const root = await pictures('damaged', { 'x/1.jpg': 0, 'x/2.jpg': 60, 'x/3.jpg': 120 });
  await ok('index', root, ...shop, '--model', model);
  writeFileSync(join(root, 'x/1.jpg'), 'damaged');
  rmSync(join(root, 'x/2.jpg'));
  const { code, stdout } = await run('index', root, ...shop, '--prune');
  assert.equal(code, 0);
  assert.match(stdout, /1 unchanged, 1 removed, 1 failed/);
  assert.deepEqual(ids(await found(join(root, 'x/3.jpg'), 'damaged')), ['x/1.jpg', 'x/3.jpg']);
});

test('a folder says nothing about products: each picture is its own, and search shows all of a folder', async () => {
  const photos = join(folder, 'photos');
  const told = await ok('index', photos, ...inCollection('own'), '--model', model);
  assert.match(told, /^products: each picture is a product of its own/m);
  const answer = await found(join(photos, 'label-1/0.jpg'), 'own');
  assert.equal(answer.hits.length, 12);
  assert.deepEqual(
    [answer.hits[0]?.item.label, answer.hits[0]?.item.productId],
    ['label-1', 'label-1/0.jpg'],
  );
});

test('--product folder groups, search says what grouping hid, and the collection stays by folder', async () => {
  const photos = join(folder, 'photos');
  const shop = inCollection('grouped');
  await ok('index', photos, ...shop, '--model', model, '--product', 'folder');
  const table = await ok('search', join(photos, 'label-1/0.jpg'), ...shop);
  assert.match(table, /9 more of the same products are not shown; --group item shows them/);
  const again = await ok('index', photos, ...shop);
  assert.match(again, /products: the pictures of one folder .*, as the collection has it/);
  assert.match(again, /0 added, 0 replaced, 0 updated, 12 unchanged/);
  assert.match(await ok('index', photos, ...shop, '--product', 'file'), /12 updated, 0 unchanged/);
  assert.equal((await found(join(photos, 'label-1/0.jpg'), 'grouped')).hits.length, 12);
});

/** Changes the collections of the test as a program or a server does. */
async function change(work: (retriever: Retriever) => Promise<unknown>): Promise<void> {
  await using retriever = await Retriever.open(data, { model });
  await work(retriever);
}

test('a picture that was added otherwise ungroups nothing, and an item keeps its product unless --product is given', async () => {
  const shop = inCollection('mixed');
  const root = await pictures('mixed', { 'x/1.jpg': 0, 'x/2.jpg': 60, 'y/1.jpg': 120, 'y/2.jpg': 180 });
  await ok('index', root, ...shop, '--model', model, '--product', 'folder');
  const image = readFileSync(join(root, 'x/1.jpg'));
  await change(async (retriever) => {
    await retriever.add('mixed', [{ id: 'extra1', image }]);
    await retriever.update('mixed', [{ id: 'y/2.jpg', productId: 'other' }]);
  });
  writeFileSync(join(root, 'x/3.jpg'), await stripes(240, 5));
  const told = await ok('index', root, ...shop);
  assert.match(
    told,
    /products: the pictures of one folder .*, as the collection has it; items .* keep theirs/,
  );
  assert.match(told, /1 added, 0 replaced, 0 updated, 4 unchanged/);
  const products = async (): Promise<string> =>
    (await found(join(root, 'x/1.jpg'), 'mixed', { group: 'item' })).hits
      .map(({ item }) => `${item.id} ${item.productId}`)
      .sort()
      .join();
  assert.equal(await products(), 'extra1 extra1,x/1.jpg x,x/2.jpg x,x/3.jpg x,y/1.jpg y,y/2.jpg other');
  assert.match(
    await ok('index', root, ...shop, '--product', 'folder'),
    /1 updated, .*\nupdated to what the source says: y\/2\.jpg/,
  );
});

test('indexing again keeps what was written to items and the source does not state', async () => {
  const shop = inCollection('written');
  const root = await pictures('written', { 'x/1.jpg': 0, 'x/2.jpg': 60 });
  await ok('index', root, ...shop, '--model', model);
  const written = { id: 'x/1.jpg', productId: 'p', metadata: { stock: 3 } };
  await change((retriever) => retriever.update('written', [written]));
  assert.match(await ok('index', root, ...shop), /0 updated, 2 unchanged/);
  const manifest = join(root, 'list.csv');
  const index = (...lines: readonly string[]): Promise<string> => {
    writeFileSync(manifest, lines.join('\n'));
    return ok('index', manifest, ...shop);
  };
  await index('path,label,sale,split', 'x/1.jpg,x,5,query', 'x/2.jpg,x,6,');
  // What is no longer in a column is gone.
  await index('path,label,sale,split', 'x/1.jpg,x,,', 'x/2.jpg,x,,');
  const stock = { and: [{ field: 'metadata.stock', equals: 3 }] };
  const { hits } = await found(join(root, 'x/1.jpg'), 'written', { filter: stock });
  assert.deepEqual(
    hits.map(({ item }) => item),
    [{ ...hits[0]?.item, id: 'x/1.jpg', productId: 'p', label: 'x', split: null, metadata: { stock: 3 } }],
  );
});

test('a manifest: productId where it is stated, else its own; only changed fields embed nothing', async () => {
  const root = await pictures('listed', { 'a.jpg': 0, 'b.jpg': 60, 'c.jpg': 120 });
  const manifest = join(root, 'list.jsonl');
  const write = (price: number): void =>
    writeFileSync(
      manifest,
      ['a', 'b', 'c']
        .map((id, i) =>
          JSON.stringify({ path: `${id}.jpg`, label: 'mug', price, ...(i < 2 ? { productId: 'p' } : {}) }),
        )
        .join('\n'),
    );
  write(5);
  const shop = inCollection('listed');
  assert.match(
    await ok('index', manifest, ...shop, '--model', model),
    /products: as the source's productId says/,
  );
  const { hits } = await found(join(root, 'a.jpg'), 'listed');
  assert.deepEqual(hits.map(({ item }) => item.productId).sort(), ['c.jpg', 'p']);
  write(6);
  assert.match(await ok('index', manifest, ...shop), /0 added, 0 replaced, 3 updated, 0 unchanged/);
  const filter = '{"field":"metadata.price","equals":6}';
  const cheap = JSON.parse(await ok('search', join(root, 'a.jpg'), ...shop, '--filter', filter, '--json'));
  assert.equal(cheap.total, 3);
  const refused = await run('index', join(root), ...shop, '--product', 'column');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /says nothing about products/);
});

test('a field that gets a value of another type becomes text and says so; --strict refuses before anything is stored', async () => {
  const root = await pictures('widened', { 'a.jpg': 0, 'b.jpg': 60, 'c.jpg': 120 });
  const manifest = join(root, 'list.jsonl');
  const write = (...prices: readonly unknown[]): void =>
    writeFileSync(
      manifest,
      prices.map((price, i) => JSON.stringify({ path: `${'abc'[i]}.jpg`, label: 'x', price })).join('\n'),
    );
  const shop = inCollection('widened');
  write(5, 6);
  await ok('index', manifest, ...shop, '--model', model);
  write(7, 6, 'on request');
  const refused = await run('index', manifest, ...shop, '--strict', '--batch', '1');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /"price" holds values of the type number.*"c\.jpg".*\[field-type-mismatch\]/);
  const seven = (value: string | number): Promise<RetrieverAnswer> =>
    found(join(root, 'a.jpg'), 'widened', { filter: { field: 'metadata.price', equals: value } });
  assert.equal((await seven(7)).total, 0);
  const widened = await ok('index', manifest, ...shop);
  assert.match(widened, /1 added, 0 replaced, 1 updated, 1 unchanged/);
  assert.match(widened, /metadata\.price is text from now on/);
  assert.equal((await seven('7')).total, 1);
  assert.match(await ok('index', manifest, ...shop), /0 added, 0 replaced, 0 updated, 3 unchanged/);
});

test('--strict exits with 1 when something was left out, after importing the rest', async () => {
  const root = await pictures('left-out', { 'x/1.jpg': 0, '@eaDir/x/1.jpg': 60 });
  const strict = await run('index', root, ...inCollection('left-out'), '--model', model, '--strict');
  assert.equal(strict.code, 1);
  assert.match(strict.stdout, /left out 1 system folder \(@eaDir\)[\s\S]*1 added/);
  assert.equal((await run('index', root, ...inCollection('left-out'))).code, 0);
});

test('more like an item leaves out its product; exclude, sort and totals', async () => {
  const shop = inCollection('grouped');
  await ok('index', join(folder, 'photos'), ...shop, '--product', 'folder');
  const like = async (...more: readonly string[]): Promise<RetrieverAnswer> =>
    JSON.parse(
      await ok(
        'search',
        '--item',
        'label-1/0.jpg',
        ...shop,
        '--group',
        'item',
        '-k',
        '50',
        '--json',
        ...more,
      ),
    );
  const others = await like();
  assert.ok(others.hits.every(({ item }) => item.label !== 'label-1'));
  assert.equal(others.hits.length, 8);
  assert.equal((await like('--own-product')).hits.length, 11);
  assert.equal((await like('--exclude-product', 'label-0', '--exclude', 'label-2/0.jpg')).hits.length, 3);
  assert.equal((await like('--sort', 'id:desc')).hits.length, 8);
  const neither = await run('search', ...shop);
  assert.match(neither.stderr, /Name a picture, or an item of the collection/);
});

test('delete: by id, list, filter and product, with a count first and a confirmation', async () => {
  const shop = inCollection('shrinking');
  await ok('index', join(folder, 'photos'), ...shop, '--model', model, '--product', 'folder');
  const refused = await run('delete', ...shop, '--product', 'label-1');
  assert.deepEqual(
    [refused.code, /4 items of shrinking would be deleted\. Add --yes/.test(refused.stderr)],
    [1, true],
  );
  assert.match(
    await ok('delete', ...shop, '--product', 'label-1', '--dry-run'),
    /shrinking: 4 would be deleted/,
  );
  assert.match(await ok('delete', ...shop, '--product', 'label-1', '--yes'), /shrinking: 4 deleted/);
  assert.match(await ok('delete', ...shop, '--id', 'label-0/0.jpg'), /1 deleted/);
  const list = join(folder, 'ids.txt');
  writeFileSync(list, 'label-0/1.jpg\r\n\nlabel-9/1.jpg\r\n');
  const listed = await ok('delete', ...shop, '--ids-file', list, '--yes');
  assert.match(listed, /not in shrinking: label-9\/1\.jpg[\s\S]*1 deleted/);
  const filter = '{"field":"label","equals":"label-2"}';
  assert.match(await ok('delete', ...shop, '--filter', filter, '--yes'), /4 deleted/);
  assert.equal((await found(join(folder, 'photos/label-1/0.jpg'), 'shrinking')).total, 2);
  for (const wrong of [[], ['--id', 'x', '--product', 'y']])
    assert.match((await run('delete', ...shop, ...wrong)).stderr, /Say which items/);
});

test('a collection knows its model; a copy of the source under another name changes nothing', async () => {
  const copy = join(folder, 'copy');
  cpSync(join(folder, 'photos'), copy, { recursive: true });
  assert.match(await ok('index', copy, ...inCollection('own')), /12 unchanged/);
  assert.ok(readFileSync(join(copy, 'label-0/0.jpg')).length > 0);
});
