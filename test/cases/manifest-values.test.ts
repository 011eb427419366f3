// slow: starts processes
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Filter, Item } from '../../src/engine/index.ts';
import { Gallery } from '../../src/gallery/index.ts';
import { snapshelf } from '../support/cli.ts';
import { stripes } from '../support/pictures.ts';
import { fixture } from '../support/repository.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-manifest-values-'));
const data = join(folder, 'data');
const model = join(folder, 'tiny.onnx');
before(async () => {
  await writeTinyModel(model);
  mkdirSync(join(folder, 'p'));
  for (const name of [1, 2, 3, 4]) writeFileSync(join(folder, `p/${name}.jpg`), await stripes(80 * name, 4));
});
after(() => rmSync(folder, { recursive: true }));

const caseOf = (name: string): string => readFileSync(fixture('cases', 'manifests', name), 'utf8');

/** Indexes a manifest and returns what was printed. */
async function index(
  collection: string,
  name: string,
  text: string,
  ...more: readonly string[]
): Promise<string> {
  writeFileSync(join(folder, name), text);
  const { code, stdout, stderr } = await snapshelf(
    ...['index', join(folder, name), '--data', data, '--collection', collection, '--model', model, ...more],
  );
  assert.equal(code, 0, `${stdout}${stderr}`);
  return stdout;
}

/** One reader for all tests: the commands are the writers. */
let reader: Gallery | undefined;
after(() => reader?.close());

async function items(collection: string, filter?: Filter): Promise<Item[]> {
  reader ??= await Gallery.open(data, { readOnly: true });
  return (await reader.list(collection, { limit: 100, filter })).items;
}

const found = async (collection: string, filter: Filter): Promise<string[]> =>
  (await items(collection, filter)).map(({ id }) => id).sort();

test('row manifests/codes.csv: all four codes are found by their own text', async () => {
  await index('codes', 'codes.csv', caseOf('codes.csv'));
  const codes = ['00123', '10123', '4006381333931', '12345678901234567890'];
  const all = ['p/1.jpg', 'p/2.jpg', 'p/3.jpg', 'p/4.jpg'];
  assert.deepEqual(await found('codes', { field: 'metadata.sku', in: codes }), all);
  for (const [at, code] of codes.entries())
    assert.deepEqual(await found('codes', { field: 'metadata.sku', equals: code }), [all[at]]);
  assert.deepEqual(await found('codes', { field: 'metadata.size', equals: '38' }), ['p/1.jpg']);
});

test('a later manifest is read with the types that the collection has', async () => {
  await index('later', 'first.csv', 'path,label,sku,price\np/1.jpg,hat,00123,5\n');
  // Nothing but digits: a column of its own would be one of numbers.
  const told = await index(
    'later',
    'second.csv',
    'path,label,sku,price\np/2.jpg,hat,10123,7.50\n',
    '--strict',
  );
  assert.doesNotMatch(told, /is text from now on/);
  assert.deepEqual(
    (await items('later'))
      .map(({ metadata }) => metadata)
      .sort((a, b) => Number(a['price']) - Number(b['price'])),
    [
      { sku: '00123', price: 5 },
      { sku: '10123', price: 7.5 },
    ],
  );
  assert.match(
    await index('later', 'second.csv', 'path,label,sku,price\np/2.jpg,hat,10123,7.50\n'),
    /1 unchanged/,
  );
});

test('true and false of any case make a column of booleans, JSON lists one of lists', async () => {
  const rows = 'p/1.jpg,hat,TRUE,"[""new"",""red""]"\np/2.jpg,hat,false,"[""old""]"\n';
  await index('types', 'types.csv', `path,label,sale,tags\n${rows}`);
  assert.deepEqual(await found('types', { field: 'metadata.sale', equals: true }), ['p/1.jpg']);
  assert.deepEqual(await found('types', { field: 'metadata.tags', equals: 'red' }), ['p/1.jpg']);
});

test('two spellings of one number make a column text, which is told; prices with one spelling each are numbers', async () => {
  const told = await index(
    'versions',
    'versions.csv',
    'path,label,version,price,mass\np/1.jpg,hat,1.1,19.90,1.2345678901234567e+20\np/2.jpg,hat, 1.10,5.00,1e+20\np/3.jpg,hat,1.1,19.90,1\n',
  );
  assert.match(
    told,
    /Column "version" is text, not numbers: 1\.1 and 1\.10 are one number in two spellings\./,
  );
  assert.doesNotMatch(told, /"price"/);
  assert.deepEqual(await found('versions', { field: 'metadata.version', equals: '1.1' }), [
    'p/1.jpg',
    'p/3.jpg',
  ]);
  assert.deepEqual(await found('versions', { field: 'metadata.price', gt: 5, lt: 20 }), [
    'p/1.jpg',
    'p/3.jpg',
  ]);
  assert.deepEqual(await found('versions', { field: 'metadata.mass', equals: '1.2345678901234567e+20' }), [
    'p/1.jpg',
  ]);
});

test('zeros behind the point of a whole number beyond 2^53 change nothing of its digits', async () => {
  const row = '"path":"p/1.jpg","label":"hat"';
  await index('zeros', 'zeros.jsonl', `{${row},"ean":9007199254740993.0}\n`);
  assert.deepEqual((await items('zeros'))[0]?.metadata, { ean: '9007199254740993' });
  await index(
    'zeros2',
    'zeros.csv',
    'path,label,ean,metadata\np/1.jpg,hat,9007199254740993.0,"{""a"":[9007199254740993.00]}"\n',
  );
  assert.deepEqual((await items('zeros2'))[0]?.metadata, {
    ean: '9007199254740993.0',
    a: ['9007199254740993'],
  });
});

test('rows manifests/bigid.jsonl and bigid2.jsonl: whole numbers above 2^53 are kept as they are written', async () => {
  await index('big', 'bigid.jsonl', caseOf('bigid.jsonl'));
  const [first] = await items('big');
  assert.deepEqual((await items('big')).map(({ id }) => id).sort(), ['1234567890123456789', '7']);
  assert.equal(first?.id === '7' ? undefined : first?.metadata['sku'], '1234567890123456789');
  await index('big2', 'bigid2.jsonl', caseOf('bigid2.jsonl'));
  assert.equal((await items('big2')).length, 2);
});

test('row manifests/snake.csv: a near miss is told, and every item is a product of its own', async () => {
  const told = await index('snake', 'snake.csv', caseOf('snake.csv'));
  assert.match(
    told,
    /note: The column "product_id" is kept as metadata\. If it means productId, write its name so\./,
  );
  assert.equal(new Set((await items('snake')).map(({ productId }) => productId)).size, 2);
});

test('row manifests/dotted.csv: a key with a dot or a quote can be filtered', async () => {
  await index('dotted', 'dotted.csv', caseOf('dotted.csv'));
  assert.deepEqual(await found('dotted', { field: 'metadata.price.eur', gt: 15 }), ['p/2.jpg']);
  assert.deepEqual(await found('dotted', { field: 'metadata.size "eu"', equals: 38 }), ['p/1.jpg']);
});
