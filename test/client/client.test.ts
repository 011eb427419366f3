// slow: starts the process of an evaluation
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { ProblemError, SnapshelfClient } from '../../src/client/index.ts';
import { createApp, Evaluations, Webhooks } from '../../src/server/index.ts';
import { openApiOf } from '../../src/server/openapi/document.ts';
import { type Example, examplePicture, examples } from '../../src/server/openapi/examples.ts';
import { defaultLimits } from '../../src/server/parsing/limits.ts';
import { drawnCalibration } from '../matching/support.ts';
import { type Api, openApi, quietSender } from '../server/support.ts';
import { stripes } from '../support/pictures.ts';

interface Described {
  readonly operationId: string;
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: object }>> }>
  >;
}

const document = openApiOf({ limits: defaultLimits });
const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema({ ...document, $id: 'api' });

/** The paths of the document as expressions; those without parameters first, as the router has them. */
const known = Object.entries(document.paths)
  .map(([path, methods]) => ({ of: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`), methods }))
  .sort((a, b) => Number(a.of.source.includes('[')) - Number(b.of.source.includes('[')));
const operationOf = (method: string, path: string): Described =>
  known.find(({ of, methods }) => of.test(path) && method in methods)?.methods[method] as never;

let api: Api;
let evaluations: Evaluations;
let webhooks: Webhooks;
let server: Server;
let client: SnapshelfClient;
const reached = new Set<string>();

/** Sends a request, and checks the answer with the schema of its operation. */
const watchingFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  const { pathname, protocol } = new URL(String(input));
  if (protocol === 'data:') return response;
  const found = operationOf(String(init?.method).toLowerCase(), pathname);
  assert.ok(found, `${init?.method} ${pathname} is no operation of the document`);
  reached.add(found.operationId);
  const [type = ''] = (response.headers.get('content-type') ?? '').split(';');
  const schema = found.responses[response.status]?.content?.[type]?.schema;
  if (schema === undefined) return response;
  const moved = JSON.stringify(schema).replaceAll('"#/components', '"api#/components');
  const valid = ajv.compile(JSON.parse(moved));
  assert.ok(valid(await response.clone().json()), `${found.operationId}: ${JSON.stringify(valid.errors)}`);
  return response;
};

before(async () => {
  api = await openApi();
  evaluations = await Evaluations.open(join(api.folder, 'data'));
  webhooks = await Webhooks.open(join(api.folder, 'data'), { sender: quietSender });
  const app = createApp({ retriever: api.retriever, allow: 'admin', evaluations, webhooks });
  server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = new SnapshelfClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    fetch: watchingFetch,
  });
});
after(async () => {
  server.closeAllConnections();
  server.close();
  await webhooks.close();
  await evaluations.close();
  await api.close();
});

type Method = (...of: unknown[]) => Promise<unknown>;

/** Calls the method of an example: the parameters of its path, then its fields. */
function call(
  id: string,
  { path = {}, query, body, form }: Example,
  ids: Readonly<Record<string, string>>,
): Promise<unknown> {
  const [, name = id, address] = /^(\w+Item)(Batch|Delete|Vectors)$/.exec(id) ?? [];
  const method = (client as unknown as Readonly<Record<string, Method>>)[name];
  assert.ok(method, `there is no method ${name}`);
  const parts = Object.entries(path).map(([part, value]) => ids[part] ?? value);
  const parameters = [...parts, ...(address === undefined ? [] : [address.toLowerCase()])];
  let fields: unknown = body ?? query;
  if (id === 'searchBatch') fields = (body as { searches: unknown }).searches;
  if (id === 'putVectors')
    fields = { ...form, items: [{ id: 'v-1', label: 'cups' }], vectors: [new Float32Array(32).fill(1)] };
  else if (form !== undefined)
    fields = (JSON.parse(form['items'] ?? '') as object[]).map((item) => ({
      ...item,
      image: examplePicture,
    }));
  return method.call(client, ...parameters, ...(fields === undefined ? [] : [fields]));
}

/** Calls the method of an example; an evaluation is looked at while it runs, so that there may be no report yet. */
async function callAsShown(
  id: string,
  example: Example,
  ids: Readonly<Record<string, string>>,
): Promise<unknown> {
  try {
    return await call(id, example, ids);
  } catch (error) {
    assert.ok(id === 'getReport' && error instanceof ProblemError, id);
    assert.equal(error.code, 'evaluation-pending');
    return error;
  }
}

/** Keeps a calibration with the collection of the examples. */
async function keepCalibration(): Promise<void> {
  const { gallery } = api.retriever;
  const { modelId } = await gallery.info('shop');
  await gallery.setDocument('shop', 'calibration', JSON.stringify(await drawnCalibration(modelId)));
  assert.match(await client.getCalibrationPage('shop'), /<h1>Calibration: shop<\/h1>/);
}

test('every operation of the document is reached by a method, and answers as its schema says', async () => {
  const ids: Record<string, string> = {};
  for (const [id, example] of Object.entries(examples)) {
    // A shop of one picture cannot be calibrated.
    if (id === 'getCalibrationReport') await keepCalibration();
    const answer = await callAsShown(id, example, ids);
    const { id: made = '' } = Object(answer) as { readonly id?: string };
    if (id === 'startEvaluation') ids['evaluation'] = made;
    if (id === 'createWebhook') ids['webhook'] = made;
    if (id === 'testWebhook') ids['delivery'] = made;
    if (id !== 'deleteEvaluation') assert.equal(answer === undefined, example.status === 204, id);
  }
  assert.deepEqual([...reached].sort(), Object.keys(examples).sort());
});

test('a file, bytes, a URL and base64 are the same picture', async () => {
  await client.createCollection('kinds', { metric: 'l2' });
  const bytes = new Uint8Array(await stripes(90, 5));
  const base64 = Buffer.from(bytes).toString('base64');
  const kinds = {
    file: new File([bytes], 'mug.jpg'),
    blob: new Blob([bytes]),
    bytes,
    buffer: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
    url: new URL(`data:image/jpeg;base64,${base64}`),
    base64,
    dataUrl: `data:image/jpeg;base64,${base64}`,
  };
  for (const [id, image] of Object.entries(kinds))
    await client.putItem('kinds', id, {
      image,
      label: '5',
      productId: 'null',
      metadata: { id, list: [1, 'a'] },
    });
  const { results } = await client.search('kinds', {
    image: kinds.file,
    k: 10,
    group: 'item',
    filter: { field: 'label', equals: '5' },
  });
  assert.deepEqual(new Set(results.map(({ distance }) => distance)), new Set([0]));
  assert.deepEqual(results.map(({ item }) => item.metadata['id']).sort(), Object.keys(kinds).sort());
  assert.deepEqual(new Set(results.map(({ item }) => item.productId)), new Set(['null']));
  const { embedding } = await client.embed({ image: bytes, collection: 'kinds' });
  const vector = Float32Array.from(embedding);
  const searched = await client.searchBatch('kinds', [
    { image: bytes },
    { images: [kinds.blob, base64] },
    { vector },
  ]);
  assert.equal(searched.failed, 0);
  await assert.rejects(client.search('kinds', { image: 'no base64!', images: [bytes] } as never), TypeError);
});

test('pages are walked over to the end', async () => {
  const ids: string[] = [];
  let pages = 0;
  for await (const { id } of client.items('kinds', { limit: 2 }, { onPage: () => (pages += 1) }))
    ids.push(id);
  assert.equal(ids.length, 7);
  assert.equal(pages, 4);
  const found: string[] = [];
  for await (const { item } of client.results('kinds', {
    itemId: 'file',
    k: 2,
    group: 'item',
    ownProduct: true,
  }))
    found.push(item.id);
  assert.equal(new Set(found).size, 6);
});

test('vectors are imported in batches, and what is not accepted is told', async () => {
  await client.createCollection('vectors', { vectorsOf: { name: 'elsewhere', dimension: 3 } });
  async function* rows() {
    for (let i = 0; i < 5; i += 1) yield { id: `v${i}`, vector: [i, 1, 0], metadata: { i } };
    yield { id: '../up', vector: Float32Array.of(1, 2, 3) };
    yield { id: 'nan', vector: [Number.NaN, 0, 0] };
  }
  const told: number[] = [];
  const options = {
    model: 'elsewhere',
    batchItems: 3,
    onProgress: ({ done }: { done: number }) => told.push(done),
  };
  const report = await client.importVectors('vectors', rows(), options);
  assert.deepEqual(told, [3, 6, 7]);
  assert.deepEqual([report.added, report.unchanged, report.replaced], [5, 0, 0]);
  assert.deepEqual(
    report.failed.map(({ id, code }) => [id, code]),
    [
      ['../up', 'id-invalid'],
      ['nan', 'vector-invalid'],
    ],
  );
  assert.equal((await client.importVectors('vectors', rows(), options)).unchanged, 5);
  const { results } = await client.search('vectors', { vector: [1, 1, 0], k: 1 });
  assert.deepEqual([results[0]?.item.id, results[0]?.item.metadata], ['v1', { i: 1 }]);
  const uneven = { model: 'elsewhere', items: [{ id: 'a' }, { id: 'b' }], vectors: [[1], [1, 2]] };
  await assert.rejects(async () => client.putVectors('vectors', uneven), TypeError);
  const wrong = { model: 'elsewhere', items: [{ id: 'a' }], vectors: Float32Array.of(1, 2, 3, 4, 5, 6) };
  await assert.rejects(client.putVectors('vectors', wrong), { code: 'request-invalid' });
});

test('an import tells of each batch, goes on over what cannot be stored, and says why', async () => {
  await client.createCollection('imported');
  const bytes = new Uint8Array(await stripes(10, 4));
  async function* goods() {
    for (const id of ['a', 'b', '../c', 'd']) yield { id, image: bytes };
    yield { id: 'broken', image: new Blob(['no picture']) };
    yield { id: 'gone', image: () => Promise.reject(new Error('The disk is away.')) };
    yield { id: 'late', image: async () => bytes, label: ' mugs ' };
  }
  const told: number[] = [];
  const report = await client.importItems('imported', goods(), {
    batchItems: 4,
    onProgress: ({ done }) => told.push(done),
  });
  assert.deepEqual([report.done, report.added, report.unchanged], [7, 4, 0]);
  assert.deepEqual(
    report.failed.map(({ id, code }) => [id, code]),
    [
      ['../c', 'id-invalid'],
      ['gone', 'picture-unreadable'],
      ['broken', 'image-unsupported'],
    ],
  );
  assert.equal(report.notes.length, 1, 'blanks of a label');
  assert.equal(told.at(-1), 7);
  const again = await client.importItems('imported', [{ id: 'a', image: bytes }]);
  assert.deepEqual([again.added, again.unchanged], [0, 1]);
});

test('an error is a problem with its code, its status and the id of its request', async () => {
  const error = await client.getItem('kinds', 'nothing').catch((thrown: unknown) => thrown);
  assert.ok(error instanceof ProblemError);
  assert.deepEqual([error.code, error.status, error.problem['id']], ['item-not-found', 404, 'nothing']);
  assert.match(error.requestId ?? '', /^[0-9a-f-]{36}$/);
});

test('an id that would make the address of something else is never sent', async () => {
  for (const id of ['', '.', '..'])
    await assert.rejects(client.deleteItem('kinds', id), {
      name: 'TypeError',
      message: /^id must be a text other/,
    });
  assert.equal((await client.getCollection('kinds')).items, 7);
});

test('a backup is read as it comes', async () => {
  let bytes = 0;
  for await (const part of await client.getBackup()) bytes += part.byteLength;
  assert.equal(bytes % 512, 0);
  assert.ok(bytes > 10_000);
});
