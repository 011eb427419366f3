// slow: drives a browser
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { stripes } from '../support/pictures.ts';
import { noBrowser, openStage, type Stage } from './browser.ts';

interface Sent {
  /** Width and height of its picture. */
  readonly size?: readonly [number, number];
  readonly itemId?: string;
  readonly filter?: unknown;
}

/** Tells of each search: the browser does not show what a form with pictures has. */
const watchSearches = `(() => {
  const send = window.fetch;
  window.fetch = async (url, options) => {
    if (!String(url).endsWith('/search')) return send(url, options);
    const fields = options.body instanceof FormData
      ? Object.fromEntries([...options.body].filter(([, value]) => typeof value === 'string'))
      : JSON.parse(options.body);
    const image = options.body instanceof FormData ? options.body.get('image') : null;
    if (image !== null) {
      const { width, height } = await createImageBitmap(image);
      fields.size = [width, height];
    }
    if (typeof fields.filter === 'string') fields.filter = JSON.parse(fields.filter);
    void window.noteSearch(fields);
    return send(url, options);
  };
})()`;

/** Waits for the next search that is as wanted: moves on the way may be sent too. */
const nextSearch = (page: Page, isWanted: (sent: Sent) => boolean = () => true): Promise<Sent> =>
  new Promise((resolve) => {
    searches.get(page)?.push((sent) => isWanted(sent) && resolve(sent));
  });
const searches = new WeakMap<Page, ((sent: Sent) => void)[]>();
const cards = (page: Page) => page.locator('.card');

/** Presses Tab until the focus is on what a text names. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 80; presses += 1) {
    await page.keyboard.press('Tab');
    const named = String(
      await page.evaluate('document.activeElement.ariaLabel ?? document.activeElement.textContent'),
    );
    if (named.startsWith(name)) return;
  }
  assert.fail(`The focus does not get to ${name}.`);
}

/** Drops or pastes a picture as a browser would: the events carry the file. */
const give = (page: Page, picture: Buffer, kind: 'drop' | 'paste', name = 'photo.jpg'): Promise<unknown> =>
  page.evaluate(`(() => {
    const bytes = Uint8Array.from(atob('${picture.toString('base64')}'), (c) => c.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], '${name}', { type: '${name.endsWith('.txt') ? 'text/plain' : 'image/jpeg'}' }));
    const event = '${kind}' === 'drop'
      ? new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })
      : new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
    document.body.dispatchEvent(event);
  })()`);

describe('the shopper’s page', { skip: noBrowser }, () => {
  let stage: Stage;
  before(async () => {
    stage = await openStage();
  });
  after(() => stage.close());

  const start = async (): Promise<Page> => {
    const { page } = await stage.open();
    const heard: ((sent: Sent) => void)[] = [];
    searches.set(page, heard);
    await page.exposeFunction('noteSearch', (sent: Sent) => {
      for (const hear of heard) hear(sent);
    });
    await page.addInitScript(watchSearches);
    await page.goto(stage.url);
    await page.locator('.wall button').first().waitFor();
    return page;
  };

  test('nothing comes from elsewhere, no policy is broken, and the first product takes at most 100 kB but pictures', async () => {
    const { page, context } = await stage.open();
    const told: string[] = [];
    page.on('console', (message) => told.push(message.text()));
    page.on('pageerror', (error) => told.push(error.message));
    const foreign: string[] = [];
    context.on('request', (request) => {
      if (!request.url().startsWith(stage.url)) foreign.push(request.url());
    });
    let bytes = 0;
    const devtools = await context.newCDPSession(page);
    const pictures = new Set<string>();
    await devtools.send('Network.enable');
    devtools.on(
      'Network.responseReceived',
      ({ requestId, type }) => type === 'Image' && pictures.add(requestId),
    );
    devtools.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      if (!pictures.has(requestId)) bytes += encodedDataLength;
    });
    await page.goto(`${stage.url}/#/c/shop?item=kind-0/0`);
    await cards(page).first().waitFor();
    assert.ok(bytes > 10_000 && bytes <= 100_000, `${bytes} bytes`);
    assert.deepEqual([told, foreign], [[], []]);
    await context.close();
  });

  test('a dropped photo finds its product, with its other views', async () => {
    const page = await start();
    await give(page, await stripes(90, 7, 300), 'drop');
    await cards(page).first().waitFor();
    assert.match((await cards(page).first().innerText()) ?? '', /Thing 1-/);
    await page.locator('.card .strip button').nth(1).waitFor();
    assert.match(await page.locator('.results-head').innerText(), /of 32 items/);
    await page.context().close();
  });

  test('a pasted photo of a phone is upright and reduced before it is sent', async () => {
    const page = await start();
    const phone = await sharp({ create: { width: 2400, height: 1200, channels: 3, background: '#a33' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const search = nextSearch(page);
    await give(page, phone, 'paste');
    assert.deepEqual((await search).size, [320, 640]);
    await page.context().close();
  });

  test('the crop box is dragged and moved by keys, and each rest searches again with that part only', async () => {
    const page = await start();
    await give(page, await stripes(90, 7, 400), 'drop');
    await cards(page).first().waitFor();
    const frame = page.locator('.cropper .frame');
    const { x, y, width, height } = (await frame.boundingBox()) ?? { x: 0, y: 0, width: 1, height: 1 };
    const search = nextSearch(page, ({ size: [w, h] = [1, 1] }) => Math.abs(w / h - 2) < 0.2);
    await page.mouse.move(x + width - 4, y + height - 4);
    await page.mouse.down();
    await page.mouse.move(x + width / 2, y + height / 4, { steps: 5 });
    await page.mouse.up();
    const { size: [w, h] = [0, 0] } = await search;
    const again = nextSearch(page, ({ size: [wider, higher] = [0, 0] }) => higher > h && wider === w);
    await frame.focus();
    await page.keyboard.press('Shift+ArrowDown');
    await again;
    await page.context().close();
  });

  test('filters come from the fields of the collection; no match says so, and clearing them helps', async () => {
    const page = await start();
    await page.locator('.wall button').first().click();
    await cards(page).first().waitFor();
    const search = nextSearch(page);
    await page.getByLabel('price from').fill('21');
    await page.getByLabel('price from').press('Enter');
    assert.deepEqual((await search).filter, { and: [{ field: 'metadata.price', gte: 21 }] });
    // Not waitForFunction: when it has to look twice, it evaluates a text, which the page's policy forbids.
    await page.locator('.results-head', { hasText: 'of 14 items' }).waitFor();
    // Counts are those of the products that the other conditions leave.
    await page.getByLabel('Kind').locator('option', { hasText: 'kind-3 (4)' }).waitFor({ state: 'attached' });
    await page.getByLabel('Kind').locator('option', { hasText: 'kind-2 (3)' }).waitFor({ state: 'attached' });
    await page.getByLabel('sale').locator('option', { hasText: 'No (0)' }).waitFor({ state: 'attached' });
    await page.getByLabel('price from').fill('999');
    await page.getByLabel('price from').press('Enter');
    await page.getByText('Nothing matches').waitFor();
    await page.locator('.results').getByRole('button', { name: 'Clear all filters' }).click();
    await cards(page).first().waitFor();
    await page.context().close();
  });

  test('several pictures and “not like this” make one query; the link shows it to others', async () => {
    const page = await start();
    await page.locator('.wall button').first().click();
    await cards(page).first().waitFor();
    await cards(page).last().getByRole('button', { name: 'Not like this' }).click();
    await page.locator('.part.not').waitFor();
    await page.locator('.results[aria-busy="false"]').waitFor();
    assert.ok((await cards(page).count()) > 0);
    const other = await page.context().newPage();
    await other.goto(page.url());
    await other.locator('.part.not').waitFor();
    assert.equal(await other.locator('.card').first().innerText(), await cards(page).first().innerText());
    await page.context().close();
  });

  test('a collection that is being filled says so until it is there', async () => {
    const { page, context } = await stage.open();
    let hasCollection = false;
    let isFilled = false;
    await page.route('**/health/ready', (route) =>
      isFilled
        ? route.continue()
        : route.fulfill({
            status: 503,
            contentType: 'application/problem+json',
            body: JSON.stringify({ status: 503, code: 'not-ready', detail: 'It waits for 7 of 9 pictures.' }),
          }),
    );
    await page.route('**/v1/collections/shop/items?*', (route) =>
      isFilled ? route.continue() : route.fulfill({ json: { items: [], next: null } }),
    );
    await page.route('**/v1/collections', (route) =>
      hasCollection ? route.continue() : route.fulfill({ json: { collections: [] } }),
    );
    await page.goto(stage.url);
    await page.getByText('This collection is being filled').waitFor();
    hasCollection = true;
    await page.waitForURL('**/#/c/shop');
    await page.getByText('This collection is being filled').waitFor();
    await page.getByText('It waits for 7 of 9 pictures.').waitFor();
    isFilled = true;
    await page.locator('.wall button').first().waitFor();
    assert.equal(await page.getByText('being filled').count(), 0);
    await context.close();
  });

  test('a shared photo is in the link, and in no request but the search', async () => {
    const page = await start();
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await give(page, await stripes(90, 7, 300), 'drop');
    await cards(page).first().waitFor();
    await page.getByRole('button', { name: 'Share', exact: true }).click();
    await page.getByText('Link copied').waitFor();
    const link = String(await page.evaluate('navigator.clipboard.readText()'));
    assert.match(link, /#\/c\/shop\?picture=/);
    const other = await page.context().newPage();
    await other.goto(link);
    await other.locator('.cropper img').waitFor();
    await other.locator('.card').first().waitFor();
    assert.match(await other.locator('.card').first().innerText(), /Thing 1-/);
    await page.context().close();
  });

  test('of two drops the last is searched, also if the first is read longer', async () => {
    const page = await start();
    await page.evaluate(`(() => {
      const read = window.createImageBitmap;
      const slow = new Promise((resolve) => { window.letGo = resolve; });
      window.createImageBitmap = (...of) => {
        window.createImageBitmap = read;
        return slow.then(() => read(...of));
      };
    })()`);
    await give(page, await stripes(0, 4, 640), 'drop');
    await page.getByText('Reading the photo').waitFor();
    await give(page, await stripes(90, 7, 300), 'drop');
    await page.locator('.cropper img').waitFor();
    await page.evaluate('letGo()');
    await page.getByText('Reading the photo').waitFor({ state: 'detached' });
    await cards(page).first().waitFor();
    assert.equal(await page.locator('.cropper img').getAttribute('width'), '300');
    assert.equal(await page.locator('.parts').count(), 0);
    await page.context().close();
  });

  test('what is no picture is told in words, wherever it comes from', async () => {
    const page = await start();
    const told = page.getByRole('alert');
    await page.evaluate(`document.body.dispatchEvent(new ClipboardEvent('paste', {
      clipboardData: new DataTransfer(), bubbles: true, cancelable: true }))`);
    await told.getByText('There is no picture in what you pasted.').waitFor();
    await give(page, Buffer.alloc(500), 'drop', 'IMG_1.HEIC');
    await told.getByText('IMG_1.HEIC is a HEIC photo, which this browser cannot read.').waitFor();
    await give(page, Buffer.alloc(0), 'drop', 'empty.jpg');
    await told.getByText('empty.jpg is empty.').waitFor();
    await give(page, Buffer.from('hello'), 'paste', 'notes.txt');
    await told.getByText('notes.txt is no picture').waitFor();
    await give(page, await stripes(90, 7, 300), 'paste');
    await cards(page).first().waitFor();
    assert.equal(await told.count(), 0);
    await page.context().close();
  });

  test('a page whose server was away goes on by itself when it is back', async () => {
    const page = await start();
    const errors: string[] = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    const away = /\/(search|health\/live)$/;
    await page.route(away, (route) => route.abort());
    await give(page, await stripes(90, 7, 300), 'drop');
    await page.getByText('No connection').waitFor();
    await page.unroute(away);
    await cards(page).first().waitFor();
    assert.equal(await page.locator('.banner').count(), 0);
    let starts = 0;
    await page.route('**/search', (route) => {
      starts += 1;
      if (starts > 4) return route.continue();
      const body = JSON.stringify({ status: 503, code: 'not-ready', detail: 'It is starting.' });
      return route.fulfill({ status: 503, contentType: 'application/problem+json', body });
    });
    await page.getByRole('button', { name: 'Only the middle' }).click();
    await page.getByText('It is starting.').waitFor();
    await cards(page).first().waitFor();
    assert.deepEqual(errors, []);
    await page.context().close();
  });

  test('on a phone the filters are folded and a result is in sight', async () => {
    const { page, context } = await stage.open({ viewport: { width: 360, height: 740 } });
    await page.goto(`${stage.url}/#/c/shop?item=kind-0/0`);
    await page.locator('.card img').first().waitFor();
    assert.equal(await page.getByLabel('price from').isVisible(), false);
    const { y = 740 } = (await cards(page).first().boundingBox()) ?? {};
    assert.ok(y < 740 * 0.7, `the first product begins at ${y}`);
    await context.close();
  });

  test('the keyboard alone leads from the page by a photo, its crop and a filter to a product and what is like it', async () => {
    const page = await start();
    const photo = join(stage.folder, 'photo.jpg');
    writeFileSync(photo, await stripes(90, 7, 400));
    await page.locator('main').focus();
    const chooser = page.waitForEvent('filechooser');
    await tabTo(page, 'Choose a photo');
    await page.keyboard.press('Enter');
    await (await chooser).setFiles(photo);
    await cards(page).first().waitFor();
    await tabTo(page, 'Part of the photo');
    const cropped = nextSearch(page, ({ size: [w, h] = [1, 1] }) => h < w);
    await page.keyboard.press('Shift+ArrowUp');
    await cropped;
    await tabTo(page, 'Find the thing');
    await page.keyboard.press('Enter');
    await page.getByText('The box is around what stands out').waitFor();
    await tabTo(page, 'price from');
    const filtered = nextSearch(page, ({ filter }) => filter !== undefined);
    await page.keyboard.type('1');
    await page.keyboard.press('Enter');
    await filtered;
    await page.locator('.results[aria-busy="false"]').waitFor();
    await tabTo(page, 'Look at');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await tabTo(page, 'Why this match?');
    await page.keyboard.press('Enter');
    await page.getByText(/^Your picture: mostly /).waitFor();
    assert.equal(await page.locator('dialog .warm canvas').count(), 2);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal(await page.evaluate('document.activeElement.className'), 'shot');
    const alike = nextSearch(page, ({ itemId }) => itemId !== undefined);
    await tabTo(page, 'More like this');
    await page.keyboard.press('Enter');
    await alike;
    await cards(page).first().waitFor();
    await page.context().close();
  });
});
