// slow: drives a browser
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, extname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { createApp, Keys } from '../../src/server/index.ts';
import { type Api, openApi } from '../server/support.ts';
import { stripes } from '../support/pictures.ts';
import { repositoryRoot } from '../support/repository.ts';
import { noBrowser, startBrowser } from './browser.ts';

const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };
const pages = join(repositoryRoot, 'examples/browser-page');
const client = dirname(fileURLToPath(import.meta.resolve('snapshelf/client')));

async function listen(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Told {
  readonly scores: readonly string[];
  readonly ids: readonly string[];
  readonly isProblem: boolean;
  readonly code: string;
  readonly id: string;
  readonly stopped: string;
}

/** Runs in the page. */
const inPage = `async (photo) => {
  const { SnapshelfClient, ProblemError } = await import('snapshelf/client');
  const { searchUrl, searchKey } = await (await fetch('settings.json')).json();
  const client = new SnapshelfClient(searchUrl, { key: searchKey });
  const url = new URL('data:image/jpeg;base64,' + photo);
  const blob = await (await fetch(url)).blob();
  const scores = [];
  for (const image of [photo, url, blob, new Uint8Array(await blob.arrayBuffer())])
    scores.push((await client.search('shop', { image, k: 1 })).results[0].item.id);
  const ids = [];
  for await (const { item } of client.results('shop', { image: blob, k: 2 })) ids.push(item.id);
  const denied = await client.listItems('shop').catch((error) => error);
  const stop = new AbortController();
  stop.abort();
  const stopped = await client.search('shop', { image: blob }, { signal: stop.signal }).catch(({ name }) => name);
  return { scores, ids, isProblem: denied instanceof ProblemError, code: denied.code, id: denied.requestId, stopped };
}`;

describe('the client in a browser', { skip: noBrowser }, () => {
  let api: Api;
  let keys: Keys;
  let browser: Browser;
  let shopUrl = '';
  let settings = {};
  const shop = createServer(({ url = '/' }, response) => {
    if (url === '/favicon.ico') return void response.writeHead(404).end();
    if (url === '/settings.json') return void response.end(JSON.stringify(settings));
    const path = url.startsWith('/client/')
      ? join(client, url.slice(8))
      : join(pages, url === '/' ? 'index.html' : url);
    response.setHeader('Content-Type', types[extname(path)] ?? 'text/plain').end(readFileSync(path));
  });
  let search: Server;

  before(async () => {
    api = await openApi();
    await api.retriever.createCollection('shop');
    for (const n of [1, 2, 3])
      await api.retriever.add('shop', [
        { id: `mug ${n}`, image: await stripes(30 * n, 5), metadata: { name: `Mug ${n}` } },
      ]);
    keys = await Keys.open(join(api.folder, 'data'));
    const { key } = await keys.create({ name: 'shop page', level: 'search', collections: ['shop'] });
    shopUrl = await listen(shop);
    search = createServer(
      createApp({ retriever: api.retriever, keys, allow: 'admin', corsOrigins: [shopUrl] }),
    );
    settings = { searchUrl: await listen(search), searchKey: key };
    browser = await startBrowser();
  });
  after(async () => {
    await browser.close();
    for (const server of [shop, search]) {
      server.closeAllConnections();
      server.close();
    }
    await keys.close();
    await api.close();
  });

  test('the example page searches another origin with a key that may only search', async () => {
    const page = await browser.newPage();
    const errors: Error[] = [];
    page.on('pageerror', (error) => errors.push(error));
    await page.goto(shopUrl);
    await page.setInputFiles('input', {
      name: 'a.jpg',
      mimeType: 'image/jpeg',
      buffer: Buffer.from(await stripes(60, 5)),
    });
    await page.getByText('3 products').waitFor();
    await page.locator('li img').nth(2).waitFor();
    assert.equal(await page.locator('li img').first().getAttribute('alt'), 'Mug 2');
    await page.setInputFiles('input', {
      name: 'a.jpg',
      mimeType: 'image/jpeg',
      buffer: Buffer.from('no picture'),
    });
    await page.getByText('is not a JPEG').waitFor();
    assert.deepEqual(errors, []);
  });

  test('pictures, pages, errors and breaking off are as in Node', async () => {
    const page = await browser.newPage();
    await page.goto(shopUrl);
    const photo = Buffer.from(await stripes(60, 5)).toString('base64');
    // A text: the compiler would rewrite the import.
    const told = (await page.evaluate(`(${inPage})('${photo}')`)) as Told;
    assert.deepEqual(told.scores, ['mug 2', 'mug 2', 'mug 2', 'mug 2']);
    assert.deepEqual([...told.ids].sort(), ['mug 1', 'mug 2', 'mug 3']);
    assert.deepEqual([told.isProblem, told.code, told.stopped], [true, 'forbidden', 'AbortError']);
    assert.match(told.id, /^[0-9a-f-]{36}$/);
  });
});
