import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
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

test('bytes that are no UTF-8 are refused with their line', async () => {
  const content = Buffer.from('path,label\nimg/a.jpg,hat\nimg/b.jpg,caf\u00e9', 'latin1');
  for (const [name, says] of [
    ['list.csv', content],
    ['list.jsonl', content],
  ] as const)
    await assert.rejects(read(name, says), {
      code: 'text-not-utf8',
      message: /list\.(csv|jsonl), line 3 is not UTF-8/,
    });
});

async function column(...cells: readonly string[]): Promise<unknown[]> {
  const rows = cells.map((cell, at) => `img/a.jpg,x,${at},"${cell.replaceAll('"', '""')}"`);
  const { samples } = await csv('path,label,id,value', ...rows);
  return samples.map(({ metadata }) => metadata?.['value']);
}

test('a column has one type for all its cells', async () => {
  assert.deepEqual(await column('19.90', '', ' 5', '-0.25', '1e-05'), [19.9, undefined, 5, -0.25, 0.00001]);
  assert.deepEqual(await column('38', 'XL', '38.5'), ['38', 'XL', '38.5']);
  assert.deepEqual(await column('true', 'FALSE', 'True'), [true, false, true]);
  assert.deepEqual(await column('true', '1'), ['true', '1']);
  assert.deepEqual(await column('["a","b"]', '[]', ' [1]'), [['a', 'b'], [], [1]]);
  assert.deepEqual(await column('["a"]', 'b'), ['["a"]', 'b']);
  assert.deepEqual(await column('NaN', '1'), ['NaN', '1']);
});

test('codes make a column of text, with every cell as it is written', async () => {
  for (const code of [
    '007',
    '-007',
    '1234567890123456',
    '12345678901234567890',
    '1e400',
    '1e-400',
    '+5',
    '1E5',
  ])
    assert.deepEqual(await column('12', code, '1.50'), ['12', code, '1.50'], code);
  // As programs write the nearest number to a third: nothing is lost.
  assert.deepEqual(await column('0.30000000000000004', '100'), [0.30000000000000004, 100]);
  assert.deepEqual(await column('0.1234567890123456789', '1'), ['0.1234567890123456789', '1']);
  assert.deepEqual(await column('[12345678901234567890, 1]'), [['12345678901234567890', 1]]);
});

test('the types of a collection are kept; cells that do not fit make the column text', async () => {
  const read = async (fieldTypes: ReadonlyMap<string, 'text' | 'number' | 'boolean' | 'list'>) => {
    await writeFile(
      join(root, 'list.csv'),
      'path,label,sku,size\nimg/a.jpg,x,10123,38\nimg/b.jpg,x,10124,XL',
    );
    const { samples } = await readSource(join(root, 'list.csv'), { fieldTypes });
    return samples.map(({ metadata }) => metadata);
  };
  const asText = [
    { sku: '10123', size: '38' },
    { sku: '10124', size: 'XL' },
  ];
  assert.deepEqual(await read(new Map([['sku', 'text']])), asText);
  assert.deepEqual(await read(new Map([['sku', 'boolean']])), asText);
  const asNumber = asText.map(({ sku, size }) => ({ sku: Number(sku), size }));
  assert.deepEqual(
    await read(
      new Map([
        ['sku', 'number'],
        ['size', 'number'],
      ]),
    ),
    asNumber,
  );
});

test('whole numbers beyond 2^53 keep their digits in JSON Lines', async () => {
  const { samples } = await jsonl(
    '{"path":"img/a.jpg","label":12345678901234567891,"id":1234567890123456781,"sku":1234567890123456789}',
    '{"path":"img/b.jpg","label":12345678901234567892,"id":1234567890123456782}',
  );
  assert.deepEqual(
    samples.map(({ id, label, metadata }) => [id, label, metadata]),
    [
      ['1234567890123456781', '12345678901234567891', { sku: '1234567890123456789' }],
      ['1234567890123456782', '12345678901234567892', undefined],
    ],
  );
});

test('blanks at the ends of ids, labels and products are removed, and told', async () => {
  const { samples, notes } = await csv(
    'path , label,id,productId',
    ' img/a.jpg ,hat\u00a0,\u200bone, P1',
    'img/b.jpg,hat,two,P1',
  );
  assert.deepEqual(
    samples.map(({ id, label, productId }) => [id, label, productId]),
    [
      ['one', 'hat', 'P1'],
      ['two', 'hat', 'P1'],
    ],
  );
  assert.equal(samples[0]?.path, join(root, 'img/a.jpg'));
  assert.deepEqual(notes, [
    'Removed the blanks at the ends of 4 texts, the first line 2, path: " img/a.jpg ".',
  ]);
  await assert.rejects(csv('path,label', 'img/a.jpg,  '), /line 2: label is missing/);
  await assert.rejects(
    csv('path,label,id', 'img/a.jpg,x,1', 'img/b.jpg,x,1 '),
    /line 3: "1" is already the id/,
  );
});

test('texts have one spelling, and files are found under theirs', async () => {
  await writeFile(join(root, 'img/cafe\u0301.jpg'), 'x');
  for (const name of ['cafe\u0301', 'caf\u00e9']) {
    const { samples } = await csv('path,label', `img/${name}.jpg,${name}`);
    assert.deepEqual(
      samples.map(({ id, label }) => [id, label]),
      [['img/caf\u00e9.jpg', 'caf\u00e9']],
    );
    assert.ok((await readFile(samples[0]?.path ?? '')).length === 1);
  }
});

test('columns that are close to one with a meaning are told', async () => {
  const told = async (header: string): Promise<string[]> => [
    ...(await csv(`path,label,${header}`, 'img/a.jpg,hat,x')).notes,
  ];
  for (const name of ['product_id', 'ProductID', 'Product Id', 'product'])
    assert.deepEqual(await told(name), [
      `The column "${name}" is kept as metadata. If it means productId, write its name so.`,
    ]);
  assert.match((await told('Split')).join(), /means split/);
  assert.match((await told('ID')).join(), /means id/);
  assert.deepEqual(await told('colour'), []);
  const both = await csv('path,label,productId,product', 'img/a.jpg,hat,1,Red hat');
  assert.deepEqual(both.notes, []);
  const { notes } = await jsonl({ path: 'img/a.jpg', label: 'hat', product_id: 1 });
  assert.match(notes.join(), /"product_id" .* productId/);
  await assert.rejects(jsonl({ image: 'img/a.jpg', label: 'hat' }), /path is missing; is it "image"\?/);
  await assert.rejects(csv('Path,label', 'img/a.jpg,x'), /write path for "Path"/);
});

test('a column without a name is left out, and told if it has values', async () => {
  const { samples, notes } = await csv(',path,label,', '0,img/a.jpg,hat,');
  assert.equal(samples[0]?.metadata, undefined);
  assert.deepEqual(notes, ['Column 1 has no name in the first line: what it has is left out.']);
});

test('addresses and paths of Windows say what to write', async () => {
  await assert.rejects(csv('path,label', 'https://a.example/1.jpg,x'), /not the address .* download/);
  if (process.platform !== 'win32')
    await assert.rejects(csv('path,label', 'img\\a.jpg,x'), /has a backslash; write paths with "\/"/);
});

test('ids of a CSV file are texts, whatever their digits; labels of other case are other labels', async () => {
  const { samples, notes } = await csv(
    'path,label,id,productId',
    'img/a.jpg,Hat,1234567890123456781,0012',
    'img/b.jpg,hat,1234567890123456782,12',
  );
  assert.deepEqual(
    samples.map(({ id, label, productId }) => [id, label, productId]),
    [
      ['1234567890123456781', 'Hat', '0012'],
      ['1234567890123456782', 'hat', '12'],
    ],
  );
  assert.deepEqual(notes, []);
});
