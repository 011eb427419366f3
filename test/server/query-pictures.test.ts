import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import request from 'supertest';
import { AuditLog, createApp, Keys } from '../../src/server/index.ts';
import { stripes } from '../support/pictures.ts';
import { repositoryRoot } from '../support/repository.ts';
import { openApi } from './support.ts';

const shop = '/v1/collections/shop';

test('pictures that are searched by, and keys, are kept nowhere: no file, log, audit, metric or answer has them', async (t) => {
  const api = await openApi();
  const data = join(api.folder, 'data');
  const temporary = join(api.folder, 'temporary');
  mkdirSync(temporary);
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = temporary;
  const lines: string[] = [];
  const note = (message: string, fields?: object): void =>
    void lines.push(
      `${message} ${JSON.stringify(fields, (_, value) => (value instanceof Error ? value.stack : value))}`,
    );
  const keys = await Keys.open(data);
  const audit = new AuditLog(data);
  t.after(async () => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    await keys.close();
    await api.close();
  });
  const log = { debug: note, info: note, warn: note, error: note };
  const app = createApp({ retriever: api.retriever, keys, audit, log, rateLimits: {}, allow: 'admin' });
  const { key } = await keys.create({ level: 'admin', name: 'shop front' });
  await api.retriever.createCollection('shop');
  await api.retriever.add('shop', [{ id: 'one', image: await stripes(10, 5) }]);
  const picture = readFileSync(join(repositoryRoot, 'test', 'fixtures', 'places', 'a.jpg'));
  const inJson = { image: picture.toString('base64') };
  const answers: string[] = [];
  const send = async (status: number, path: string, body: object | Buffer, bearer = key): Promise<void> => {
    const asked = request(app).post(path).set('authorization', `Bearer ${bearer}`);
    const sent = Buffer.isBuffer(body) ? asked.attach('image', body, 'a.jpg') : asked.send(body);
    const { status: answered, text } = await sent;
    assert.equal(answered, status, `${path} ${text}`);
    answers.push(text);
  };
  await send(200, `${shop}/search`, picture);
  await send(200, `${shop}/search`, inJson);
  await send(200, `${shop}/search/batch`, {
    searches: [inJson, { ...inJson, image: inJson.image.slice(0, 900) }],
  });
  await send(200, '/v1/embeddings', inJson);
  await send(200, '/v1/compare', { images: [inJson.image, inJson.image] });
  await send(422, `${shop}/search`, picture.subarray(0, 900));
  await send(400, `${shop}/search`, { ...inJson, nonsense: inJson.image });
  await send(400, `${shop}/items/delete`, { ids: [], nonsense: inJson.image });
  await send(401, `${shop}/search`, inJson, `${key}x`);
  const metrics = await request(app).get('/metrics').set('x-api-key', key);
  assert.match(metrics.text, /^snapshelf_audit_lines_dropped 0$/m);
  await audit.close();
  const files = readdirSync(api.folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  assert.ok(files.length > 3);
  const kept = new Map<string, Buffer>([
    ['the log', Buffer.from(lines.join('\n'))],
    ['the metrics', Buffer.from(metrics.text)],
    ['the answers', Buffer.from(answers.join('\n'))],
    ...files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path, readFileSync(path)] as const;
    }),
  ]);
  assert.match(String(kept.get('the log')), /"status":401/);
  assert.match(String(kept.get(join(data, 'audit.jsonl'))), /shop front/);
  const part = picture.subarray(picture.length - 60);
  const texts = [inJson.image.slice(-80, -20), inJson.image.slice(400, 480), key.slice(10)];
  for (const [where, bytes] of kept)
    for (const secret of [part, ...texts]) assert.ok(!bytes.includes(secret), `${where} ${String(secret)}`);
});
