// slow: takes seconds
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import request from 'supertest';
import { type Api, assertProblem, openApi } from '../server/support.ts';
import { stripes } from '../support/pictures.ts';

let api: Api;
let red: Buffer;
let blue: Buffer;
const shop = '/v1/collections/shop';
const batch = `${shop}/items/batch`;
const client = () => request(api.app);

before(async () => {
  api = await openApi();
  red = await stripes(0, 6);
  blue = await stripes(240, 9);
  await client().put(shop).send({}).expect(201);
});
after(() => api.close());

const stored = async (): Promise<string[]> =>
  (await client().get(`${shop}/items`).expect(200)).body.items.map(({ id }: { id: string }) => id);
const clear = async (): Promise<void> => {
  for (const id of await stored())
    await client()
      .delete(`${shop}/items/${encodeURIComponent(id)}`)
      .expect(204);
};
const imageOf = async (id: string): Promise<Buffer> =>
  (
    await client()
      .get(`${shop}/items/${encodeURIComponent(id)}/image`)
      .expect(200)
  ).body;

/** A form as curl sends it, with names and fields in any bytes. */
function form(parts: readonly { readonly head: string; readonly body: Buffer }[]): {
  type: string;
  body: Buffer;
} {
  const pieces = parts.flatMap(({ head, body }) => [
    Buffer.from(`--x\r\nContent-Disposition: form-data; ${head}\r\n\r\n`, 'latin1'),
    body,
    Buffer.from('\r\n'),
  ]);
  return {
    type: 'multipart/form-data; boundary=x',
    body: Buffer.concat([...pieces, Buffer.from('--x--\r\n')]),
  };
}
const file = (name: string, body: Buffer): { head: string; body: Buffer } => ({
  head: `name="images"; filename="${name}"\r\nContent-Type: image/jpeg`,
  body,
});
const field = (name: string, text: string): { head: string; body: Buffer } => ({
  head: `name="${name}"`,
  body: Buffer.from(text, 'latin1'),
});
const send = (path: string, parts: Parameters<typeof form>[0], method: 'post' | 'put' = 'post') => {
  const { type, body } = form(parts);
  return client()[method](path).set('Content-Type', type).send(body);
};

type Entry = Readonly<Record<string, unknown>>;
const mistakes: readonly (readonly [string, readonly string[], readonly Entry[] | undefined, RegExp])[] = [
  [
    'two files of one name',
    ['image.jpg', 'image.jpg'],
    [
      { id: 's1', file: 'image.jpg' },
      { id: 's2', file: 'image.jpg' },
    ],
    /"image\.jpg"/,
  ],
  ['two files of one name and no items', ['image.jpg', 'image.jpg'], undefined, /"image\.jpg"/],
  [
    'two files whose names are one in NFC and NFD',
    ['\u00e9.jpg', 'e\u0301.jpg'],
    undefined,
    /Two files have the name/,
  ],
  ['mixed naming', ['a.jpg', 'b.png'], [{ id: 'v1', file: 'b.png' }, { id: 'v2' }], /"v2" names no file/],
  ['fewer items than files', ['a.jpg', 'b.png'], [{ id: 'u1' }], /2 files and 1 entry/],
  [
    'fewer items than files, all named',
    ['a.jpg', 'b.png'],
    [{ id: 'u1', file: 'a.jpg' }],
    /2 files and 1 entry/,
  ],
  ['more items than files', ['a.jpg'], [{ id: 'u1' }, { id: 'u2' }], /1 file and 2 entries/],
  ['no items at all for a file', ['a.jpg'], [], /1 file and 0 entries/],
  ['an id twice', ['a.jpg', 'b.jpg'], [{ id: 'w' }, { id: 'w' }], /"w" occurs twice/],
  ['an id twice, in NFC and NFD', ['a.jpg', 'b.jpg'], [{ id: '\u00e9' }, { id: 'e\u0301' }], /occurs twice/],
  [
    'a file that is not there',
    ['a.jpg', 'b.jpg'],
    [
      { id: 'w', file: 'a.jpg' },
      { id: 'x', file: 'c.jpg' },
    ],
    /"x" names the file "c\.jpg"/,
  ],
  [
    'one file named by two',
    ['a.jpg', 'b.jpg'],
    [
      { id: 'w', file: 'a.jpg' },
      { id: 'x', file: 'a.jpg' },
    ],
    /name the file "a\.jpg"/,
  ],
  ['an entry without an id', ['a.jpg'], [{ file: 'a.jpg' }], /items\.0\.id/],
];

for (const [what, names, items, why] of mistakes)
  test(`http/batch.sh: ${what}: 400 that names it, nothing stored`, async () => {
    const sent = client().post(batch);
    for (const [i, name] of names.entries()) sent.attach('images', i === 0 ? red : blue, name);
    if (items !== undefined) sent.field('items', JSON.stringify(items));
    const answer = await sent;
    assert.equal(answer.status, 400, answer.text);
    assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json/);
    assert.match(answer.body.detail, why);
    assert.deepEqual(await stored(), []);
  });

test('http/batch.sh: names pair files with items, in whatever order and spelling', async () => {
  const items = [
    { id: 'b', file: 'e\u0301.jpg' },
    { id: 'a', file: 'a.jpg' },
  ];
  const sent = client().post(batch).attach('images', red, 'a.jpg').attach('images', blue, '\u00e9.jpg');
  assert.equal((await sent.field('items', JSON.stringify(items))).body.stored, 2);
  assert.deepEqual([await imageOf('a'), await imageOf('b')], [red, blue]);
  await clear();
});

test('http/latin1_name.sh: file names that are not UTF-8 are refused without items, and taken by place with ids', async () => {
  for (const name of ['\xe9.jpg', 'caf\xe9/1.jpg', '\xff\xfe'])
    for (const more of [[], [file('b.jpg', blue)]]) {
      const answer = await send(batch, [file(name, red), ...more]);
      assertProblem(answer, 400, 'request-invalid');
      assert.match(answer.body.detail, /name of file 1 is not UTF-8/);
    }
  const named = await send(batch, [
    file('\xe9.jpg', red),
    field('items', '[{"id":"a","file":"\xc3\xa9.jpg"}]'),
  ]);
  assert.match(named.body.detail, /name of file 1 is not UTF-8/);
  assert.deepEqual(await stored(), []);
  const byPlace = [file('\xe9.jpg', red), file('\xe8.jpg', blue), field('items', '[{"id":"a"},{"id":"b"}]')];
  assert.equal((await send(batch, byPlace)).body.stored, 2);
  assert.deepEqual([await imageOf('a'), await imageOf('b')], [red, blue]);
  await clear();
  // The same names in UTF-8, as Latin-1 bytes of it.
  assert.equal((await send(batch, [file('\xc3\xa9.jpg', red), file('\xc3\xa8.jpg', blue)])).body.stored, 2);
  assert.deepEqual(await imageOf('è.jpg'), blue);
  await clear();
});

test('a field of a form or of the address that is not UTF-8 is refused', async () => {
  for (const parts of [
    [field('label', 'caf\xe9')],
    [field('productId', '\xff')],
    [field('metadata', '{"a":"\xe9"}')],
    [field('caf\xe9', 'x')],
  ])
    assertProblem(
      await send(
        `${shop}/items/x`,
        [{ ...file('a.jpg', red), head: 'name="image"; filename="a.jpg"' }, ...parts],
        'put',
      ),
      400,
      'text-not-utf8',
    );
  assertProblem(await client().get(`${shop}/items?after=%E9`), 400, 'text-not-utf8');
  assert.equal((await client().get(`${shop}/items/%E9`)).status, 400);
  assert.deepEqual(await stored(), []);
});

for (const id of [
  'batch',
  'Batch',
  'delete',
  'items',
  'image',
  'search',
  'a/batch',
  'batch/image',
  'a%2Fb',
  '100%',
  'é/ü',
  '__proto__',
  'constructor',
  'b a',
  '?#&+;=',
  '..a',
  'a..',
  '...',
])
  test(`an item whose id is ${id}: it can be put, got, shown and deleted`, async () => {
    const path = `${shop}/items/${encodeURIComponent(id)}`;
    const sent = client()
      .post(batch)
      .attach('images', red, 'a.jpg')
      .field('items', JSON.stringify([{ id }]));
    assert.equal((await sent).body.stored, 1);
    assert.equal((await client().get(path).expect(200)).body.id, id);
    await client().put(path).attach('image', blue, 'b.jpg').expect(200);
    assert.deepEqual(await imageOf(id), blue);
    await client().get(`${path}/thumbnail`).expect(200);
    assert.equal((await client().post(`${shop}/search`).send({ itemId: id })).status, 200);
    await client().delete(path).expect(204);
    assertProblem(await client().get(path), 404, 'item-not-found');
    await client().put(path).attach('image', blue, 'b.jpg').expect(201);
    await client().delete(path).expect(204);
  });

test('an id that no address can have is refused with a sentence', async () => {
  for (const id of ['.', '..', 'a/../b', './a', '/a', 'a/', 'a//b', 'a\\b', 'a\u0000b', '']) {
    const sent = client()
      .post(batch)
      .attach('images', red, 'a.jpg')
      .field('items', JSON.stringify([{ id }]));
    const { body } = await sent;
    assert.deepEqual(
      [body.stored, body.results?.[0].error.code],
      [0, 'id-invalid'],
      `${id}: ${JSON.stringify(body)}`,
    );
  }
  assert.deepEqual(await stored(), []);
});

test('base64 with line breaks, URL-safe, unpadded, as a data URL with parameters: taken', async () => {
  const text = red.toString('base64');
  const kinds = [
    text.replace(/(.{76})/g, '$1\r\n'),
    red.toString('base64url'),
    text.replace(/=+$/, ''),
    `data:image/jpeg;charset=utf-8;base64,${text}`,
    `data:image/jpeg;name=a.jpg;base64,${encodeURIComponent(text)}`,
  ];
  for (const image of kinds) {
    await client().put(`${shop}/items/x`).send({ image }).expect(201);
    assert.deepEqual(await imageOf('x'), red);
    await clear();
    assert.equal((await client().post(`${shop}/search`).send({ image })).status, 200);
  }
  const { body } = await client()
    .put(`${shop}/items/x`)
    .send({ image: `${text.slice(0, 20)}*${text.slice(20)}` });
  assert.equal(body.code, 'request-invalid');
  assert.match(body.detail, /character 21 is "\*"/);
});

test('manifests/bigid: whole numbers above 2^53 over HTTP keep their digits, as id, label, product and metadata', async () => {
  const large = '12345678901234567890';
  const json = `{"label":${large},"productId":9007199254740993,"metadata":{"a":-${large},"b":[${large}],"c":1e3,"d":9007199254740991},"image":"${red.toString('base64')}"}`;
  await client().put(`${shop}/items/1`).set('Content-Type', 'application/json').send(json).expect(201);
  const sent = client()
    .post(batch)
    .attach('images', red, 'a.jpg')
    .field('items', `[{"id":${large},"metadata":{"a":${large}}}]`);
  assert.equal((await sent).body.results[0].id, large);
  const { body } = await client().get(`${shop}/items/1`).expect(200);
  assert.deepEqual([body.label, body.productId], [large, '9007199254740993']);
  assert.deepEqual(body.metadata, { a: `-${large}`, b: [large], c: 1000, d: 9007199254740991 });
  const filter = `{"field":"metadata.a","in":[${large}]}`;
  const found = await client()
    .post(`${shop}/search`)
    .set('Content-Type', 'application/json')
    .send(`{"itemId":"1","filter":${filter}}`);
  assert.deepEqual(
    found.body.results.map(({ item }: { item: { id: string } }) => item.id),
    [large],
  );
  await clear();
});
