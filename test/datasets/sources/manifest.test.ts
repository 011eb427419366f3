import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { type Dataset, readSource } from '../../../src/datasets/index.ts';

let root = '';
beforeEach(async () => {
  root = join(await mkdtemp(join(tmpdir(), 'snapshelf-manifest-')), 'shop');
  await mkdir(join(root, 'img'), { recursive: true });
  for (const name of ['img/a.jpg', 'img/b.jpg', '../outside.png']) await writeFile(join(root, name), 'x');
});
afterEach(() => rm(dirname(root), { recursive: true }));

async function read(name: string, content: string | Uint8Array): Promise<Dataset> {
  await writeFile(join(root, name), content);
  return readSource(join(root, name));
}

const csv = (...lines: readonly string[]): Promise<Dataset> => read('list.csv', lines.join('\n'));
const jsonl = (...rows: readonly unknown[]): Promise<Dataset> =>
  read('list.jsonl', rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n'));

test('the least: path and label', async () => {
  const { samples } = await csv('path,label', 'img/b.jpg,shoe', './img/a.jpg,hat');
  assert.deepEqual(
    samples.map(({ id, path, label, productId, split, metadata }) => [
      id,
      path,
      label,
      productId,
      split,
      metadata,
    ]),
    [
      ['img/a.jpg', join(root, 'img/a.jpg'), 'hat', undefined, undefined, undefined],
      ['img/b.jpg', join(root, 'img/b.jpg'), 'shoe', undefined, undefined, undefined],
    ],
  );
});

test('every column; others are metadata, with numbers as numbers and codes as text', async () => {
  const { samples } = await csv(
    'label,path,id,productId,split,metadata,price,ean,colour,__proto__',
    'hat,img/a.jpg,one,p-1,query,"{""tags"":[""new""],""price"":5}",19.90,0042,"deep ""red""",x',
  );
  assert.equal(samples.length, 1);
  const { metadata, ...rest } = samples[0] ?? assert.fail();
  assert.deepEqual(rest, {
    id: 'one',
    path: join(root, 'img/a.jpg'),
    label: 'hat',
    productId: 'p-1',
    split: 'query',
  });
  const expected = [
    ['price', 5],
    ['ean', '0042'],
    ['colour', 'deep "red"'],
    ['__proto__', 'x'],
    ['tags', ['new']],
  ];
  assert.deepEqual(Object.entries(metadata ?? {}), expected);
});

test('JSON Lines means the same', async () => {
  const { samples } = await jsonl(
    { path: 'img/b.jpg', label: 'shoe', split: 'gallery', metadata: { size: 42 }, price: 9.5, sale: true },
    '',
    { path: 'img/a.jpg', label: 7, productId: 12, id: 'x' },
  );
  assert.deepEqual(
    samples.map(({ id, label, productId, split, metadata }) => [id, label, productId, split, metadata]),
    [
      ['img/b.jpg', 'shoe', undefined, 'gallery', { price: 9.5, sale: true, size: 42 }],
      ['x', '7', '12', undefined, undefined],
    ],
  );
});

test('byte order marks, CRLF and empty lines do not matter', async () => {
  const plain = await csv('path,label', 'img/a.jpg,hat');
  for (const text of ['\ufeffpath,label\r\nimg/a.jpg,hat\r\n', 'path,label\n\nimg/a.jpg,hat\n\n'])
    assert.deepEqual(await read('list.csv', text), plain);
  const { samples } = await read('l.JSONL', '\ufeff{"path":"img/a.jpg","label":"hat"}\r\n\r\n');
  assert.deepEqual(samples, plain.samples);
});

test('pictures may lie anywhere, but then need an id', async () => {
  const { samples } = await csv('path,label,id', '../outside.png,x,o', `${join(root, 'img/b.jpg')},y,`);
  assert.deepEqual(
    samples.map(({ id, path }) => [id, path]),
    [
      ['img/b.jpg', join(root, 'img/b.jpg')],
      ['o', join(dirname(root), 'outside.png')],
    ],
  );
  await assert.rejects(
    csv('path,label', '../outside.png,x'),
    /line 2: the id .* give the row another in a column id/,
  );
});

const wrong: Readonly<Record<string, [() => Promise<Dataset>, RegExp]>> = {
  'no label column': [
    () => csv('path,name', 'img/a.jpg,x'),
    /line 1 has no column label.* It is "path \| name"/,
  ],
  semicolons: [
    () => csv('path;label', 'img/a.jpg;x'),
    /no column path and no column label.* separated by commas/,
  ],
  'an empty file': [() => csv(''), /no column path.* It is empty/],
  'only a header': [() => csv('path,label'), /lists no picture/],
  'an empty JSON Lines file': [() => jsonl(''), /lists no picture/],
  'a column twice': [() => csv('path,label,label', 'img/a.jpg,x,y'), /two columns called "label"/],
  'too many cells': [() => csv('path,label', 'img/a.jpg,x,y'), /line 2/],
  'an open quote': [() => csv('path,label', '"img/a.jpg,x'), /not a well-formed CSV/],
  'an empty label': [() => csv('path,label', 'img/a.jpg,x', 'img/b.jpg,'), /line 3: label is missing/],
  'an unknown split': [
    () => csv('path,label,split', 'img/a.jpg,x,val'),
    /line 2: split must be one of train, query/,
  ],
  'metadata that is no JSON': [
    () => csv('path,label,metadata', 'img/a.jpg,x,{'),
    /line 2: metadata is not JSON/,
  ],
  'metadata that is no object': [
    () => csv('path,label,metadata', 'img/a.jpg,x,[1]'),
    /line 2: metadata must be a/,
  ],
  'an id that is none': [
    () => csv('path,label,id', 'img/a.jpg,x,/a'),
    /line 2: the id "\/a" begins or ends with/,
  ],
  'a double id': [
    () => csv('path,label', 'img/a.jpg,x', 'img/b.jpg,y', './img/a.jpg,z'),
    /line 4: .* of line 2/,
  ],
  'a line that is no JSON': [() => jsonl({ path: 'img/a.jpg', label: 'x' }, '{"path"'), /line 2 is not JSON/],
  'a line that is no object': [() => jsonl([1]), /line 1 is not a JSON object/],
  'a label that is no text': [
    () => jsonl({ path: 'img/a.jpg', label: ['x'] }),
    /line 1: label must be text, not \["x"\]/,
  ],
  'bytes that are no UTF-8': [() => read('list.csv', Buffer.from([0x70, 0xff, 0xfe])), /not UTF-8/],
};

for (const [name, [make, message]] of Object.entries(wrong))
  test(`${name} is source-invalid`, async () => {
    await assert.rejects(make, { code: 'source-invalid', message });
  });

test('pictures that are not there are listed, ten of them, then counted', async () => {
  const lines = Array.from({ length: 13 }, (_, at) => `img/gone-${at}.jpg,x`);
  await assert.rejects(csv('path,label', 'img/a.jpg,hat', ...lines, 'img,folder'), (error: Error) => {
    assert.match(error.message, /names 14 picture files that are not there: line 3: .*gone-0\.jpg; line 4/);
    assert.match(error.message, /gone-9\.jpg; and 4 more\.$/);
    return true;
  });
});
