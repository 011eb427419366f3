import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { startServer } from '../../src/server/index.ts';
import { stripes } from '../support/pictures.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'chrome'];
const onPath = (process.env['PATH'] ?? '')
  .split(delimiter)
  .flatMap((folder) => names.map((name) => join(folder, name)));
const executablePath = [process.env['CHROMIUM'] ?? '', ...onPath].find(
  (path) => path !== '' && existsSync(path),
);

/** The reason for which the tests in a browser do not run here; false where they do. */
export const noBrowser: string | false =
  executablePath === undefined && 'there is no Chromium: install it, or name it in CHROMIUM';

/** Starts a browser. */
export const startBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath, args: ['--no-sandbox'] } as object);

/** A server with a filled collection, and a browser. */
export interface Stage {
  readonly url: string;
  readonly folder: string;
  readonly browser: Browser;
  open(options?: Parameters<Browser['newContext']>[0]): Promise<{ page: Page; context: BrowserContext }>;
  close(): Promise<void>;
}

/** Four kinds of four pictures; two of each are views of one product. */
async function fill(url: string, key: Readonly<Record<string, string>>): Promise<void> {
  const headers = { ...key, 'Content-Type': 'application/json' };
  await fetch(`${url}/v1/collections/shop`, { method: 'PUT', headers, body: '{}' });
  const form = new FormData();
  const items = [];
  for (let kind = 0; kind < 4; kind += 1)
    for (let copy = 0; copy < 8; copy += 1) {
      const picture = await stripes(90 * kind + copy, 4 + 3 * kind, 96 + copy);
      form.append('images', new Blob([new Uint8Array(picture)]), `${kind}-${copy}.jpg`);
      items.push({
        id: `kind-${kind}/${copy}`,
        productId: `kind-${kind}/${copy >> 1}`,
        label: `kind-${kind}`,
        metadata: { name: `Thing ${kind}-${copy >> 1}`, price: 10 * kind + (copy >> 1), sale: kind > 1 },
      });
    }
  form.set('items', JSON.stringify(items));
  const { status } = await fetch(`${url}/v1/collections/shop/items/batch`, {
    method: 'POST',
    headers: key,
    body: form,
  });
  if (status !== 200) throw new TypeError(`The collection could not be filled: ${status}.`);
}

/** Starts a server over an own folder, fills its collection, and starts a browser. */
export async function openStage({ adminKey }: { readonly adminKey?: string } = {}): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'snapshelf-page-'));
  const model = join(folder, 'tiny.onnx');
  await writeTinyModel(model);
  const server = await startServer({ data: join(folder, 'data'), model, port: 0, adminKey });
  await server.ready;
  const key = adminKey === undefined ? {} : { 'X-Api-Key': adminKey };
  const made = fill(server.url, key).then(startBrowser);
  const browser = await made.catch(async (error: unknown) => {
    await server.close();
    throw error;
  });
  return {
    url: server.url,
    folder,
    browser,
    async open(options) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
      context.setDefaultTimeout(60_000);
      return { page: await context.newPage(), context };
    },
    async close() {
      await browser.close();
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
