import assert from 'node:assert/strict';
import fc from 'fast-check';
import { mutated, mutatedJson } from '../../support/mutate.ts';
import type { Try } from '../row.ts';
import type { Scenario, Torture } from '../scenario.ts';
import { sample } from '../support/sample.ts';
import { checkDocumented, startServer, type TorturedServer } from '../support/server.ts';

/** A request that is right before it is mutated. */
interface Subject {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

const vector = Array.from({ length: 32 }, (_, i) => i / 32);
const filter = { and: [{ field: 'label', equals: 'x' }, { not: { field: 'metadata.price', gte: 3 } }] };

/** Requests of every route with a JSON body. */
function jsonSubjects(picture: Buffer): Subject[] {
  const image = picture.toString('base64');
  const shop = '/v1/collections/shop';
  const item = { label: 'x', productId: 'p', metadata: { price: 3, tags: ['a', 'b'] } };
  const search = {
    k: 5,
    group: 'item',
    filter,
    exclude: ['k1'],
    sort: [{ field: 'metadata.price', order: 'desc' }],
  };
  return [
    { method: 'PUT', path: '/v1/collections/other', body: { metric: 'l2', storeImages: true } },
    { method: 'PUT', path: `${shop}/items/a`, body: { ...item, image } },
    { method: 'PATCH', path: `${shop}/items/a`, body: item },
    { method: 'PATCH', path: `${shop}/items`, body: { items: [{ id: 'a', ...item }], strict: true } },
    { method: 'POST', path: `${shop}/search`, body: { ...search, vector } },
    { method: 'POST', path: `${shop}/search`, body: { ...search, itemId: 'a', ownProduct: true } },
    {
      method: 'POST',
      path: `${shop}/search`,
      body: { image, k: 3, crop: { unit: 'pixels', left: 0, top: 0, width: 9, height: 9 } },
    },
    { method: 'POST', path: '/v1/embeddings', body: { image, collection: 'shop' } },
    { method: 'POST', path: `${shop}/items/delete`, body: { ids: ['b', 'c'] } },
    { method: 'POST', path: `${shop}/items/delete`, body: { filter } },
    {
      method: 'POST',
      path: `${shop}/evaluations`,
      body: { ks: [1], index: false, query: filter, gallery: { field: 'split', equals: 'gallery' } },
    },
    { method: 'POST', path: `${shop}/reindex`, body: {} },
  ];
}

const boundary = 'a-boundary';

type Part = readonly [head: string, value: string | Buffer];

const multipart = (parts: readonly Part[]): Buffer =>
  Buffer.concat([
    ...parts.flatMap(([head, value]) => [
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n\r\n`),
      Buffer.from(value),
      Buffer.from('\r\n'),
    ]),
    Buffer.from(`--${boundary}--\r\n`),
  ]);

/** Requests of every route that takes a form. */
function formSubjects(picture: Buffer): Subject[] {
  const shop = '/v1/collections/shop';
  const image: Part = ['name="image"; filename="a.jpg"', picture];
  const images: Part[] = ['a.jpg', 'b.jpg'].map((name) => [`name="images"; filename="${name}"`, picture]);
  const items = JSON.stringify([
    { id: 'a', file: 'a.jpg', label: 'x', metadata: { price: 3 } },
    { id: 'b', file: 'b.jpg' },
  ]);
  const fields: Part[] = [
    ['name="k"', '5'],
    ['name="filter"', JSON.stringify(filter)],
  ];
  return [
    { method: 'PUT', path: `${shop}/items/a`, body: multipart([image, ['name="metadata"', '{"price":4}']]) },
    { method: 'POST', path: `${shop}/search`, body: multipart([image, ...fields]) },
    { method: 'POST', path: `${shop}/search`, body: multipart([...fields, image]) },
    { method: 'POST', path: `${shop}/items/batch`, body: multipart([...images, ['name="items"', items]]) },
    { method: 'POST', path: `${shop}/items/batch`, body: multipart(images) },
    { method: 'POST', path: '/v1/embeddings', body: multipart([image, ['name="collection"', 'shop']]) },
  ];
}

/** Sends a body; the answer is one that the documentation knows. */
async function attack(server: TorturedServer, subject: Subject, body: Buffer, type: string, one: Try) {
  const headers = { 'Content-Type': type };
  const init = { method: subject.method, headers, body: new Uint8Array(body) };
  const answer = await fetch(server.url + subject.path, init);
  const code = checkDocumented(answer.status, await answer.text());
  if (code !== 'request-invalid') one.reached('decoded');
  if (code === undefined) one.reached('stored');
  if (one.number % 100 === 99) await server.check();
}

/** Checks that a request is taken as long as nothing is changed of it. */
async function checkWhole({ url }: TorturedServer, { method, path, body }: Subject): Promise<void> {
  const isForm = body instanceof Uint8Array;
  const type = isForm ? `multipart/form-data; boundary=${boundary}` : 'application/json';
  const text = isForm ? new Uint8Array(body) : JSON.stringify(body);
  const answer = await fetch(url + path, { method, headers: { 'Content-Type': type }, body: text });
  assert.ok(answer.ok, `${method} ${path}: ${await answer.text()}`);
}

const parses = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

async function run(torture: Torture): Promise<void> {
  const server = await startServer(torture, { embed: { maxQueue: 512 } });
  const forms = formSubjects(server.picture);
  const subjects = jsonSubjects(server.picture);
  for (const subject of [...subjects, ...forms]) await checkWhole(server, subject);
  const options = { wanted: 500, least: 40, atOnce: 4 };
  const form = torture.row('multipart bodies', options);
  await form.run(async (one) => {
    const subject = forms[one.number % forms.length] ?? assert.fail();
    // Most of a body is a picture, which another scenario is for: places near the start are as likely.
    const body = sample(
      mutated([subject.body as Buffer], one.number % 2 === 0 ? 0 : boundary.length + 4),
      one.seed,
    );
    if (body.includes(`--${boundary}\r\nContent-Disposition`)) one.reached('sniffed');
    await attack(server, subject, body, `multipart/form-data; boundary=${boundary}`, one);
  });
  form.expectDepth('sniffed');
  const json = torture.row('JSON bodies', options);
  await json.run(async (one) => {
    const subject = subjects[one.number % subjects.length] ?? assert.fail();
    const whole = Buffer.from(JSON.stringify(subject.body));
    const values = mutatedJson(subject.body).map((value) => Buffer.from(JSON.stringify(value) ?? ''));
    const inputs = fc.oneof({ weight: 2, arbitrary: values }, { weight: 1, arbitrary: mutated([whole]) });
    const body = sample(inputs, one.seed);
    if (parses(String(body))) one.reached('sniffed');
    await attack(server, subject, body, 'application/json', one);
  });
  json.expectDepth('sniffed');
  await torture.row('unharmed afterwards', { wanted: 1 }).once(async () => {
    await server.check();
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
    assert.deepEqual([(await server.stop()).code, server.errors()], [0, '']);
  });
}

/** Bodies of every route, forms and JSON, with bytes and values exchanged. */
export const scenario: Scenario = { rows: 2, share: 2, run };
