// slow: evaluates in a process
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import request, { type Response } from 'supertest';
import { createApp, Evaluations, Webhooks } from '../../../src/server/index.ts';
import { openApiOf, openApiText } from '../../../src/server/openapi/document.ts';
import { type Example, examplePicture, examples } from '../../../src/server/openapi/examples.ts';
import { defaultLimits } from '../../../src/server/parsing/limits.ts';
import { drawnCalibration } from '../../matching/support.ts';
import { repositoryRoot } from '../../support/repository.ts';
import { type Api, openApi, quietSender } from '../support.ts';

interface Answer {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, { readonly schema?: object }>>;
}

interface Operation {
  readonly path: string;
  readonly method: 'get' | 'post';
  readonly responses: Readonly<Record<string, Answer>>;
}

const document = openApiOf({ limits: defaultLimits });
const operations = new Map<string, Operation>(
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]): [string, Operation] => [
      String(described['operationId']),
      { path, method: method as 'get', responses: described['responses'] as Operation['responses'] },
    ]),
  ),
);

// The schemas were made by zod; what they say is checked by another library.
const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema({ ...document, $id: 'api' });
const validatorOf = (schema: object): ValidateFunction =>
  ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"api#/components')));

let api: Api;
let evaluations: Evaluations;
let webhooks: Webhooks;
let app: ReturnType<typeof createApp>;

before(async () => {
  api = await openApi();
  evaluations = await Evaluations.open(join(api.folder, 'data'));
  webhooks = await Webhooks.open(join(api.folder, 'data'), { sender: quietSender });
  app = createApp({ retriever: api.retriever, allow: 'admin', evaluations, webhooks });
});
after(async () => {
  await webhooks.close();
  await evaluations.close();
  await api.close();
});

test('the committed document is that of the table: else `npm run openapi` writes it anew', () => {
  assert.ok(readFileSync(join(repositoryRoot, 'docs/openapi.json'), 'utf8') === openApiText());
});

test('every object of an answer is closed, and every error is a problem', () => {
  const open: string[] = [];
  const walk = (value: unknown, place: string): void => {
    if (typeof value !== 'object' || value === null) return;
    const { properties, additionalProperties: more } = value as Readonly<Record<string, unknown>>;
    // A list of codes narrows a problem, which is closed itself.
    const isNarrowing = JSON.stringify(Object.keys(properties ?? {})) === '["code"]';
    if (properties !== undefined && more !== false && !isNarrowing) open.push(place);
    for (const [key, part] of Object.entries(value)) walk(part, `${place}/${key}`);
  };
  for (const [id, { responses }] of operations) {
    if (id === 'getOpenApi') continue;
    walk(responses, id);
    for (const [status, { $ref = '' }] of Object.entries(responses))
      if (Number(status) >= 400) assert.match($ref, /^#\/components\/responses\/Problem\d+/);
  }
  walk(document['components'], 'components');
  assert.deepEqual(open, []);
});

/** Sends the example of an operation. */
function send({ path, method }: Operation, example: Example, ids: Readonly<Record<string, string>>) {
  const { path: parts = {}, query = {}, body, form } = example;
  const url = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(ids[name] ?? parts[name] ?? ''),
  );
  const asked = request(app)
    [method](url)
    .query({ ...query });
  if (form === undefined) return body === undefined ? asked : asked.send(body as object);
  const picture = Buffer.from(examplePicture, 'base64');
  const contents: Readonly<Record<string, Buffer>> = {
    vectors: Buffer.from(new Float32Array(32).fill(1).buffer),
    items: Buffer.from('{"id":"v-1"}\n'),
  };
  for (const [name, value] of Object.entries(form))
    if (value.startsWith('@')) asked.attach(name, contents[name] ?? picture, value.slice(1));
    else asked.field(name, value);
  return asked;
}

/** Checks an answer against the document. */
function check(id: string, { responses }: Operation, answer: Response): void {
  const described = responses[answer.status];
  assert.ok(described, `${id}: ${answer.status} is not in the document: ${answer.text}`);
  const [type = ''] = (answer.headers['content-type'] ?? '').split(';');
  const types = Object.keys(described.content ?? {});
  if (types.length === 0) assert.equal(answer.text, '');
  else
    assert.ok(
      types.some((one) => one === type || one === type.replace(/\/.*/, '/*')),
      `${id}: ${type}`,
    );
  const schema = described.content?.[type]?.schema;
  if (schema === undefined) return;
  const valid = validatorOf(schema);
  assert.ok(valid(answer.body), `${id}: ${JSON.stringify(valid.errors)} ${answer.text.slice(0, 500)}`);
}

/** Keeps a calibration with the collection of the examples. */
async function keepCalibration(): Promise<void> {
  const { gallery } = api.retriever;
  const { modelId } = await gallery.info('shop');
  await gallery.setDocument('shop', 'calibration', JSON.stringify(await drawnCalibration(modelId)));
}

test('every operation has an example, which the server answers as the document says', async () => {
  assert.deepEqual([...operations.keys()].sort(), Object.keys(examples).sort());
  const ids: Record<string, string> = {};
  for (const [id, example] of Object.entries(examples)) {
    const operation = operations.get(id) as Operation;
    // A shop of one picture cannot be calibrated.
    if (id === 'getCalibrationReport') await keepCalibration();
    let answer = await send(operation, example, ids);
    // A job has to end before its report is there.
    while (id === 'getEvaluation' && ['queued', 'running'].includes(answer.body.state)) {
      await sleep(50);
      answer = await send(operation, example, ids);
    }
    assert.equal(answer.status, example.status ?? 200, `${id}: ${answer.text}`);
    check(id, operation, answer);
    if (operation.responses[304] !== undefined) {
      assert.match(answer.headers['etag'] ?? '', /^(W\/)?"/, id);
      const again = await send(operation, example, ids).set('If-None-Match', '*');
      assert.deepEqual(
        [again.status, again.text || '', again.headers['etag'] !== undefined],
        [304, '', true],
        id,
      );
    } else if (operation.method === 'get') assert.equal(answer.headers['etag'], undefined, id);
    if (id === 'startEvaluation') ids['evaluation'] = answer.body.id;
    if (id === 'createWebhook') ids['webhook'] = answer.body.id;
    if (id === 'testWebhook') ids['delivery'] = answer.body.id;
  }
});

test('the page needs nothing else, and names every operation', async () => {
  const { headers, text } = await request(app).get('/docs').expect(200);
  assert.doesNotMatch(headers['content-security-policy'] ?? '', /unsafe/);
  // An example may name an address.
  assert.doesNotMatch(text.replace(/<pre>.*?<\/pre>/gs, ''), /<script|<link|<img|style="|https?:\/\//);
  for (const id of operations.keys()) assert.ok(text.includes(`id="${id}"`), id);
});
