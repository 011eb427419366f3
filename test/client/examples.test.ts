// slow: starts a server and a process
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { importNight } from '../../examples/nightly-import.ts';
import { openShop, sync } from '../../examples/shop-sync.ts';
import { ConnectionError, SnapshelfClient } from '../../src/client/index.ts';
import { type RunningServer, startServer } from '../../src/server/index.ts';
import { stripes } from '../support/pictures.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-client-examples-'));
let server: RunningServer;
let client: SnapshelfClient;

before(async () => {
  const model = join(folder, 'tiny.onnx');
  await writeTinyModel(model);
  server = await startServer({ data: join(folder, 'data'), model, port: 0 });
  await server.ready;
  client = new SnapshelfClient(server.url);
});
after(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const idsOf = async (): Promise<string[]> => {
  const ids: string[] = [];
  for await (const { id } of client.items('shop')) ids.push(id);
  return ids;
};

test('nightly-import.ts stores what is new, deletes what has gone, and leaves a broken export alone', async () => {
  const night = join(folder, 'export');
  mkdirSync(night);
  const products = [];
  for (let n = 0; n < 10; n += 1) {
    writeFileSync(join(night, `${n}.jpg`), await stripes(20 * n, 5));
    products.push({ sku: `sku-${n}`, category: 'mugs', name: `Mug ${n}`, price: n, photo: `${n}.jpg` });
  }
  const write = (list: unknown) => writeFileSync(join(night, 'products.json'), JSON.stringify(list));
  write(products);
  assert.equal(await importNight(night, client), true);
  write(products.slice(1));
  assert.equal(await importNight(night, client), true);
  assert.equal((await idsOf()).length, 9);
  write(products.slice(6));
  assert.equal(await importNight(night, client), false);
  assert.equal((await idsOf()).length, 9);
  write([...products.slice(1), { ...products[0], photo: 'gone.jpg' }]);
  assert.equal(await importNight(night, client), false);
  await client.deleteItems('shop', { filter: { field: 'label', equals: 'mugs' } });
});

test('shop-sync.ts brings every change of the table over, once the server is there again', async () => {
  const shop = openShop(join(folder, 'shop.sqlite'));
  const add = shop.prepare('INSERT INTO products VALUES (?, ?, ?, ?, ?)');
  add.run('a', 'Mug', 'mugs', 5, await stripes(10, 4));
  add.run('b', 'Plate', 'plates', 7, await stripes(90, 8));
  add.run('c', 'Cup', 'cups', 3, Buffer.from('no picture'));
  const away = new SnapshelfClient('http://127.0.0.1:9', { retries: 0 });
  await assert.rejects(sync(shop, away), ConnectionError);
  assert.equal(await sync(shop, client), 3);
  assert.deepEqual(await idsOf(), ['a', 'b']);
  const refused = shop.prepare('SELECT sku, code FROM refused').all() as { sku: string; code: string }[];
  assert.deepEqual([refused.length, refused[0]?.sku, refused[0]?.code], [1, 'c', 'image-unsupported']);
  shop.exec("UPDATE products SET price = 6 WHERE sku = 'a'; UPDATE products SET sku = 'd' WHERE sku = 'b'");
  shop.exec("DELETE FROM products WHERE sku = 'c'");
  assert.equal(await sync(shop, client), 4);
  assert.deepEqual(await idsOf(), ['a', 'd']);
  assert.equal((await client.getItem('shop', 'a')).metadata['price'], 6);
  assert.equal(await sync(shop, client), 0);
  shop.close();
});

test('route-handler.ts answers a form with products, and says what is wrong with one', async () => {
  process.env['SNAPSHELF_URL'] = server.url;
  const { POST } = await import('../../examples/route-handler.ts');
  const post = (photo?: Blob) => {
    const form = new FormData();
    if (photo !== undefined) form.set('photo', photo, 'photo.jpg');
    return POST(new Request('http://shop.example/api/similar', { method: 'POST', body: form }));
  };
  const found = await (await post(new Blob([new Uint8Array(await stripes(10, 4))]))).json();
  assert.equal((found as { sku: string }[])[0]?.sku, 'a');
  assert.equal((await post()).status, 400);
  assert.equal((await post(new Blob(['no picture']))).status, 415);
});
