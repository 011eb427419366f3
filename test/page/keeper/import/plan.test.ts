import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GivenFile, withoutRoot } from '../../../../src/page/keeper/import/entry.ts';
import { planImport } from '../../../../src/page/keeper/import/plan.ts';

const file = (path: string, text = ''): GivenFile => ({ path, read: async () => new Blob([text]) });
const fields = async (files: readonly GivenFile[]) => {
  const { entries, leftOut } = await planImport(files);
  return { entries: entries.map(({ read: _, ...entry }) => entry), leftOut };
};

test('a folder gives ids and labels by its paths, and says what is no picture', async () => {
  const files = withoutRoot(
    ['shop/hats/a.JPG', 'shop/b.png', 'shop/hats/notes.txt', 'shop/hats/.x.jpg'].map((path) => file(path)),
  );
  assert.deepEqual(await fields(files), {
    entries: [{ id: 'hats/a.JPG', label: 'hats' }, { id: 'b.png' }],
    leftOut: [
      { id: 'hats/notes.txt', reason: 'No picture: .txt is not read.' },
      { id: 'hats/.x.jpg', reason: 'Hidden file.' },
    ],
  });
});

test('the folder that an archive was made of is part of no id, whatever macOS has put beside it', async () => {
  const names = ['shop/hats/a.jpg', 'shop/b.jpg', '__MACOSX/shop/hats/._a.jpg', '.DS_Store'];
  const { entries } = await fields(withoutRoot(names.map((path) => file(path))));
  assert.deepEqual(entries, [{ id: 'hats/a.jpg', label: 'hats' }, { id: 'b.jpg' }]);
});

test('a table names the pictures; columns become metadata of one type, and each row that fails says why', async () => {
  const csv = [
    'path,label,productId,price,sale,code,metadata',
    'p/a.jpg,hat,h1,9.5,true,007,"{""size"": 5}"',
    './p/b.jpg,hat,,12,FALSE,8,',
    'p/c.jpg,hat,,,,,',
    'p/a.jpg,hat,,,,,',
    'p/b.jpg,,,,,,',
    'p/d.jpg,hat,,,,,[]',
  ].join('\r\n');
  const pictures = ['s/p/a.jpg', 's/p/b.jpg', 's/p/d.jpg'].map((path) => file(path));
  assert.deepEqual(await fields([file('s/list.csv', `\uFEFF${csv}`), ...pictures]), {
    entries: [
      {
        id: 'p/a.jpg',
        label: 'hat',
        productId: 'h1',
        metadata: { price: 9.5, sale: true, code: '007', size: 5 },
      },
      { id: 'p/b.jpg', label: 'hat', metadata: { price: 12, sale: false, code: '8' } },
    ],
    leftOut: [
      { id: 'p/c.jpg', reason: 'The file p/c.jpg was not among those that you chose.' },
      { id: 'p/a.jpg', reason: 'Another row has the same id.' },
      { id: 'p/b.jpg', reason: 'The row has no label.' },
      { id: 'p/d.jpg', reason: 'The column metadata is no JSON object.' },
    ],
  });
});

test('a column has the type that the command line gives it: lists are lists, codes stay as they are written', async () => {
  const csv = [
    'path,label,tags,version,ean,big,ratio',
    'a.jpg,hat,"[""red"",1]",1.1,4006381333931,12345678901234567,1e-3',
    'b.jpg,hat,[],1.10,4006381333932,1,-2.5',
  ].join('\n');
  const { entries } = await fields([file('list.csv', csv), file('a.jpg'), file('b.jpg')]);
  assert.deepEqual(
    entries.map(({ metadata }) => metadata),
    [
      { tags: ['red', 1], version: '1.1', ean: 4006381333931, big: '12345678901234567', ratio: 0.001 },
      { tags: [], version: '1.10', ean: 4006381333932, big: '1', ratio: -2.5 },
    ],
  );
});

test('JSON Lines keep the types of their values, and a line that is none costs itself', async () => {
  const lines = [
    '{"path": "p/a.jpg", "label": 7, "productId": 12, "price": 9.5, "tags": ["red"], "ean": 12345678901234567890}',
    '',
    'no object',
    '{"path": "p/b.jpg", "label": "hat", "metadata": {"ratio": 0.12345678901234567890}, "maker": null}\r',
    '{"path": "p/b.jpg", "label": ["hat"]}',
  ].join('\n');
  for (const name of ['s/list.jsonl', 's/list.NDJSON'])
    assert.deepEqual(await fields([file(name, `\uFEFF${lines}`), file('s/p/a.jpg'), file('s/p/b.jpg')]), {
      entries: [
        {
          id: 'p/a.jpg',
          label: '7',
          productId: '12',
          metadata: { price: 9.5, tags: ['red'], ean: '12345678901234567890' },
        },
        { id: 'p/b.jpg', label: 'hat', metadata: { ratio: 0.12345678901234568 } },
      ],
      leftOut: [
        { id: 'Line 3', reason: 'The line is no JSON object.' },
        { id: 'p/b.jpg', reason: 'The column label must be a text.' },
      ],
    });
});

test('photos that only their makers read are named as such', async () => {
  const { leftOut } = await fields([file('IMG_1.HEIC'), file('all.zip'), file('a.jpg')]);
  assert.deepEqual(leftOut, [
    {
      id: 'IMG_1.HEIC',
      reason: 'Pictures of the type .heic are not read. Save it as JPEG, PNG or WebP.',
    },
    { id: 'all.zip', reason: 'A ZIP archive is imported alone. Choose it without other files.' },
  ]);
});

test('what is no table, or several, is refused', async () => {
  await assert.rejects(
    planImport([file('a.csv', 'picture,kind\nx,y')]),
    /no column path and no column label/,
  );
  await assert.rejects(planImport([file('a.csv'), file('b.jsonl')]), /2 tables/);
  await assert.rejects(planImport([file('a.csv', '\uFEFFpath;label\na.jpg;hat')]), /not separated by commas/);
  await assert.rejects(planImport([file('a.csv', 'path,label\na.jpg,"hat')]), /no well-formed CSV file/);
  await assert.rejects(planImport([file('a.csv', 'path,label\n')]), /lists no pictures/);
  const latin1: GivenFile = {
    path: 'a.csv',
    read: async () => new Blob([Buffer.from('path,label\né', 'latin1')]),
  };
  await assert.rejects(planImport([latin1]), /no UTF-8 text/);
});
