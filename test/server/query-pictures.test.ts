import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import request from 'supertest';
import { stripes } from '../support/pictures.ts';
import { repositoryRoot } from '../support/repository.ts';
import { openApi } from './support.ts';

test('a picture that is searched by is kept nowhere: not in the data folder, not in that of temporary files', async (t) => {
  const api = await openApi();
  const temporary = join(api.folder, 'temporary');
  mkdirSync(temporary);
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = temporary;
  t.after(async () => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    await api.close();
  });
  await api.retriever.createCollection('shop');
  await api.retriever.add('shop', [{ id: 'one', image: await stripes(10, 5) }]);
  const picture = readFileSync(join(repositoryRoot, 'test', 'fixtures', 'places', 'a.jpg'));
  const search = '/v1/collections/shop/search';
  assert.equal((await request(api.app).post(search).attach('image', picture, 'a.jpg')).status, 200);
  const inJson = { image: picture.toString('base64') };
  assert.equal((await request(api.app).post(search).send(inJson)).status, 200);
  assert.equal((await request(api.app).post('/v1/embeddings').send(inJson)).status, 200);
  assert.equal(
    (await request(api.app).post(search).attach('image', picture.subarray(0, 900), 'a.jpg')).status,
    422,
  );
  const files = readdirSync(api.folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  assert.ok(files.length > 3);
  const part = picture.subarray(picture.length - 60);
  const asText = inJson.image.slice(-80, -20);
  for (const { parentPath, name } of files) {
    const bytes = readFileSync(join(parentPath, name));
    assert.ok(!bytes.includes(part) && !bytes.includes(asText), join(parentPath, name));
  }
});
