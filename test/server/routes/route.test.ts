// slow: starts processes
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import request from 'supertest';
import { Gallery } from '../../../src/gallery/index.ts';
import { type LogFields, silentLogger } from '../../../src/log.ts';
import { Retriever } from '../../../src/retrieval/index.ts';
import { createApp } from '../../../src/server/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-route-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const modelId = 'a'.repeat(64);

/** Makes two collections, of which the second has a damaged item. */
async function makeFolder(data: string): Promise<void> {
  await using gallery = await Gallery.open(data);
  for (const name of ['first', 'second']) {
    await gallery.create({ name, modelId, modelName: 'm', dimension: 2, metric: 'cosine' });
    const item = { id: 'mug', vector: Float32Array.of(1, 0), imageHash: '', metadata: { colour: 'blueish' } };
    await gallery.upsert(name, modelId, [item]);
  }
}

function damage(file: string): void {
  const bytes = readFileSync(file);
  bytes.write('greenis', bytes.lastIndexOf('blueish'));
  writeFileSync(file, bytes);
}

test('what the thread of the gallery logs in a request names the request', async () => {
  const data = join(folder, 'data');
  await makeFolder(data);
  damage(join(data, 'collections', 'second', 'catalogue.sqlite'));
  const said: { readonly message: string; readonly fields: LogFields | undefined }[] = [];
  const note = (message: string, fields?: LogFields): void => void said.push({ message, fields });
  const log = { ...silentLogger, warn: note, error: note };
  // The second is opened when it is asked for.
  await using retriever = await Retriever.open(data, { openCollections: 1, log });
  const app = createApp({ retriever, allow: 'read' });
  await request(app).get('/v1/collections/second').set('X-Request-Id', 'the-request').expect(200);
  const line = said.find(({ message }) => message.startsWith('items are damaged'));
  assert.deepEqual(line?.fields, { id: 'the-request', collection: 'second', items: 1 });
});
