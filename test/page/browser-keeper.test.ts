// slow: drives a browser, and starts an evaluation's process
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { zipSync } from 'fflate';
import type { Page } from 'playwright-core';
import { snapshelf } from '../support/cli.ts';
import { stripes } from '../support/pictures.ts';
import { noBrowser, openStage, type Stage } from './browser.ts';

/** Chooses files by one of the buttons of the import page. */
async function choose(page: Page, button: string, paths: string | string[]): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: button }).click();
  await (await chooser).setFiles(paths);
}

describe('the keeper’s page', { skip: noBrowser }, () => {
  let stage: Stage;
  let folder: string;
  before(async () => {
    stage = await openStage();
    folder = join(stage.folder, 'goods');
    mkdirSync(join(folder, 'hats'), { recursive: true });
    for (const n of [1, 2]) writeFileSync(join(folder, 'hats', `${n}.jpg`), await stripes(40 * n, 5));
    writeFileSync(join(folder, 'hats', 'broken.jpg'), 'no picture');
    writeFileSync(join(folder, 'notes.txt'), 'nothing');
  });
  after(() => stage.close());

  test('a collection is made, a folder is imported, and what was left out is listed with its reason', async () => {
    const { page, context } = await stage.open();
    await page.goto(`${stage.url}/#/collections`);
    await page.getByLabel('Name').fill('goods');
    await page.getByRole('button', { name: 'Create it' }).click();
    await page.getByText('Import into goods').waitFor();
    await choose(page, 'Choose a folder', folder);
    await page.getByText('3 pictures can be imported').waitFor();
    // Webhooks are told that it is over.
    const told = page.waitForRequest('**/v1/collections/goods/imports');
    await page.getByRole('button', { name: 'Start the import' }).click();
    await page.getByText('2 added, 0 replaced, 0 unchanged, 2 left out').waitFor();
    assert.deepEqual((await told).postDataJSON(), { added: 2, replaced: 0, unchanged: 0, failed: 1 });
    await page.getByText('2 files were left out').click();
    const left = await page.locator('.lines').innerText();
    assert.match(left, /notes\.txt No picture: \.txt is not read\./);
    assert.match(left, /hats\/broken\.jpg \S/);
    const items = (await (await fetch(`${stage.url}/v1/collections/goods/items`)).json()) as {
      items: { id: string; label: string }[];
    };
    assert.deepEqual(
      items.items.map(({ id, label }) => [id, label]),
      [
        ['hats/1.jpg', 'hats'],
        ['hats/2.jpg', 'hats'],
      ],
    );
    await context.close();
  });

  test('an archive with a table is imported, and can be paused', async () => {
    const { page, context } = await stage.open();
    const pictures = Object.fromEntries(
      await Promise.all(
        Array.from(
          { length: 40 },
          async (_, n) => [`z/${n}.jpg`, new Uint8Array(await stripes(9 * n, 6))] as const,
        ),
      ),
    );
    const rows = Object.keys(pictures).map((path, n) => `${path.slice(2)},thing,${n}`);
    const table = new TextEncoder().encode(['path,label,price', ...rows].join('\n'));
    const archive = join(stage.folder, 'z.zip');
    writeFileSync(archive, zipSync({ ...pictures, 'z/list.csv': table }));
    await page.goto(`${stage.url}/#/c/goods/import`);
    await choose(page, 'Choose files', archive);
    await page.getByText('40 pictures can be imported').waitFor();
    // The first batch is held until the import is paused: the next one waits then.
    let letGo = (): void => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    let batches = 0;
    await page.route('**/items/batch', async (route) => {
      batches += 1;
      await held;
      await route.continue();
    });
    // A pause before the batch is full would hold it back.
    const sent = page.waitForRequest('**/items/batch');
    await page.getByRole('button', { name: 'Start the import' }).click();
    await sent;
    await page.getByRole('button', { name: 'Pause' }).click();
    letGo();
    await page.getByText('16 of 40 pictures').waitFor();
    assert.equal(batches, 1);
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('40 of 40 pictures').waitFor();
    await page.getByText('40 added, 0 replaced, 0 unchanged, 0 left out').waitFor();
    await context.close();
  });

  test('an item is changed and deleted', async () => {
    const { page, context } = await stage.open();
    await page.goto(`${stage.url}/#/c/shop/items/${encodeURIComponent('kind-0/7')}`);
    await page.getByLabel('Kind').fill('other');
    await page.getByLabel('Metadata (JSON)').fill('{"price": 5}');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    const path = `${stage.url}/v1/collections/shop/items/kind-0%2F7`;
    const item = (await (await fetch(path)).json()) as { label: string; metadata: object };
    assert.deepEqual([item.label, item.metadata], ['other', { price: 5 }]);
    await page.getByRole('button', { name: 'Delete this item' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete this item' }).click();
    await page.getByText('Items of shop').waitFor();
    assert.equal((await fetch(path)).status, 404);
    await context.close();
  });

  test('a change does not overwrite that of somebody else', async () => {
    const { page, context } = await stage.open();
    const id = encodeURIComponent('kind-0/6');
    await page.goto(`${stage.url}/#/c/shop/items/${id}`);
    await page.getByLabel('Kind').fill('mine');
    const path = `${stage.url}/v1/collections/shop/items/${id}`;
    const headers = { 'Content-Type': 'application/json' };
    await fetch(path, { method: 'PATCH', headers, body: '{"label":"theirs"}' });
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').waitFor();
    assert.equal(((await (await fetch(path)).json()) as { label: string }).label, 'theirs');
    await context.close();
  });

  test('near-duplicates are looked for by the server; the search is watched, cancelled and its list removed', async () => {
    const { page, context } = await stage.open();
    const image = (await stripes(123, 9)).toString('base64');
    for (const id of ['twin-1', 'twin-2']) {
      const body = JSON.stringify({ image, label: 'twin' });
      const headers = { 'Content-Type': 'application/json' };
      await fetch(`${stage.url}/v1/collections/shop/items/${id}`, { method: 'PUT', headers, body });
    }
    await page.goto(`${stage.url}/#/c/shop/duplicates`);
    await page.getByLabel('Similarity from which').fill('1');
    await page.getByRole('button', { name: 'Look for them' }).click();
    const twins = page.locator('.boxes .box', { hasText: 'twin-1' });
    await twins.getByText('twin-2').waitFor();
    await twins.getByText('the same picture').first().waitFor();
    const running = /\/shop\/duplicates$/;
    await page.route(running, async (route) => {
      if (route.request().method() !== 'GET') return route.continue();
      const found = (await (await route.fetch()).json()) as object;
      await route.fulfill({
        json: { ...found, state: 'running', done: 7, total: 34, results: [], next: null },
      });
    });
    await page.reload();
    await page.getByText('7 of 34 items looked at').waitFor();
    const cancelled = page.waitForResponse((response) => response.request().method() === 'DELETE');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await cancelled;
    await page.unroute(running);
    await page.reload();
    await page.getByRole('button', { name: 'Look for them' }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Remove this list' }).count(), 0);
    await context.close();
  });

  test('texts of hostile items show as texts, wherever the page has them', async () => {
    const attack = '<img src=x onerror="document.title=\'taken\'">';
    const id = `${attack}.jpg`;
    const headers = { 'Content-Type': 'application/json' };
    await fetch(`${stage.url}/v1/collections/bad`, { method: 'PUT', headers, body: '{}' });
    const image = (await stripes(70, 5)).toString('base64');
    for (const [one, productId] of [
      [id, attack],
      ['copy.jpg', 'copy'],
    ] as const) {
      const metadata = { name: attack, maker: attack, price: attack, [attack]: attack };
      const body = JSON.stringify({ image, label: attack, productId, metadata });
      const { status } = await fetch(`${stage.url}/v1/collections/bad/items/${encodeURIComponent(one)}`, {
        method: 'PUT',
        headers,
        body,
      });
      assert.equal(status, 201);
    }
    const { page, context } = await stage.open();
    const dialogs: string[] = [];
    page.on('pageerror', ({ message }) => dialogs.push(message));
    const places = [
      '',
      '?item=copy.jpg',
      '/items',
      `/items/${encodeURIComponent(id)}`,
      '/import',
      '/duplicates',
    ];
    for (const place of places) {
      await page.goto('about:blank');
      await page.goto(`${stage.url}/#/c/bad${place}`);
      if (place === '/duplicates') await page.getByRole('button', { name: 'Look for them' }).click();
      if (place === '/import') {
        writeFileSync(join(stage.folder, 'list.csv'), `path,label\n"${attack.replaceAll('"', '""')}",hat\n`);
        await choose(page, 'Choose files', join(stage.folder, 'list.csv'));
        await page.getByText('1 file was left out').click();
      }
      const shown = page.getByText('<img src=x').or(page.locator('[title*="<img src=x"]'));
      // The options of a filter, which come when they are counted, hold it too, and are never visible.
      await shown.and(page.locator(':visible')).first().waitFor();
      assert.equal(await page.locator('img[src="x"]').count(), 0, place);
      assert.notEqual(await page.title(), 'taken', place);
    }
    assert.deepEqual(dialogs, []);
    await context.close();
  });

  test('an evaluation is started, watched, and its report read', async () => {
    const { page, context } = await stage.open();
    let looks = 0;
    await page.route('**/evaluations', async (route) => {
      if (route.request().method() !== 'GET') return route.continue();
      looks += 1;
      // A server with too much to do refuses a look; another takes longer than the time from look to look.
      if (looks === 2)
        return route.fulfill({
          status: 503,
          headers: { 'Retry-After': '1' },
          contentType: 'application/problem+json',
          body: JSON.stringify({ status: 503, code: 'queue-full', detail: 'Too much to do.' }),
        });
      await sleep(1500);
      return route.continue();
    });
    await page.goto(`${stage.url}/#/c/shop/evaluations`);
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByRole('link', { name: 'Read the report' }).click({ timeout: 60_000 });
    await page.getByRole('rowheader', { name: 'recall@1', exact: true }).waitFor();
    await context.close();
  });

  test('a collection is deleted only after its name was typed', async () => {
    const { page, context } = await stage.open();
    await page.goto(`${stage.url}/#/c/goods/settings`);
    await page.getByRole('button', { name: 'Delete it' }).click();
    const confirm = page.getByRole('dialog').getByRole('button', { name: 'Delete it' });
    assert.equal(await confirm.isDisabled(), true);
    await page.getByRole('dialog').getByRole('textbox').fill('goods');
    await confirm.click();
    await page.getByText('A new collection').waitFor();
    assert.equal((await fetch(`${stage.url}/v1/collections/goods`)).status, 404);
    await context.close();
  });
});

describe('the page where keys are asked for', { skip: noBrowser }, () => {
  const adminKey = 'k'.repeat(40);
  let stage: Stage;
  before(async () => {
    stage = await openStage({ adminKey });
    writeFileSync(join(stage.folder, 'photo.jpg'), await stripes(90, 7));
  });
  after(() => stage.close());

  test('an import whose key ends in the middle goes on with another one, and sends nothing twice', async () => {
    const folder = join(stage.folder, 'forty');
    mkdirSync(folder);
    const names = Array.from({ length: 40 }, (_, n) => `${n}.jpg`);
    for (const [n, name] of names.entries()) writeFileSync(join(folder, name), await stripes(9 * n, 6));
    const lines = names.map((path, n) => JSON.stringify({ path, label: 'thing', price: n }));
    writeFileSync(join(folder, 'list.jsonl'), lines.join('\n'));
    const { page, context } = await stage.open();
    await page.goto(`${stage.url}/#/c/shop/import`);
    const enterKey = async (): Promise<void> => {
      await page.getByRole('dialog').getByLabel('Key').fill(adminKey);
      await page.getByRole('button', { name: 'Use this key' }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    };
    await enterKey();
    let batches = 0;
    await page.route('**/items/batch', (route) => {
      batches += 1;
      if (batches !== 2) return route.continue();
      return route.fulfill({
        status: 401,
        contentType: 'application/problem+json',
        body: JSON.stringify({ status: 401, code: 'unauthorized', detail: 'The key has ended.' }),
      });
    });
    await choose(page, 'Choose a folder', folder);
    await page.getByRole('button', { name: 'Start the import' }).click();
    await page.getByText('The import failed').waitFor();
    await page.getByText('16 of 40 pictures').waitFor();
    await enterKey();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('40 of 40 pictures').waitFor();
    await page.getByText('40 added, 0 replaced, 0 unchanged, 0 left out').waitFor();
    assert.equal(batches, 4);
    await context.close();
  });

  test('a visitor’s key, which may only search, is asked for no other', async () => {
    const made = await snapshelf('keys', 'create', '--data', join(stage.folder, 'data'), '--level', 'search');
    const { page, context } = await stage.open();
    await page.goto(`${stage.url}/#/c/shop`);
    await page.getByRole('dialog').getByLabel('Key').fill(made.stdout.trim());
    await page.getByRole('button', { name: 'Use this key' }).click();
    await choose(page, 'Choose a photo', join(stage.folder, 'photo.jpg'));
    await page.locator('.card img').first().waitFor();
    await page.getByRole('button', { name: 'More like this' }).first().click();
    await page.locator('.part img').waitFor();
    await page.locator('.results[aria-busy="false"] .card img').first().waitFor();
    assert.equal(await page.getByRole('dialog').count(), 0);
    await context.close();
  });

  test('a key is asked for, carried by every request, and kept for this tab only', async () => {
    const { page, context } = await stage.open();
    await page.goto(stage.url);
    await page.getByRole('dialog').getByLabel('Key').fill('wrong'.repeat(8));
    await page.getByRole('button', { name: 'Use this key' }).click();
    await page.getByRole('dialog').getByLabel('Key').fill(adminKey);
    await page.getByRole('button', { name: 'Use this key' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.locator('.wall img').first().waitFor();
    assert.equal(await page.evaluate('JSON.stringify(localStorage).includes("kkkk")'), false);
    assert.equal(await page.evaluate('sessionStorage.length'), 1);
    assert.doesNotMatch(page.url(), /kkkk/);
    await page.goto(`${stage.url}/#/health`);
    await page.getByRole('cell', { name: 'unauthorized' }).first().waitFor();
    await page.reload();
    await page.goto(`${stage.url}/#/c/shop`);
    await page.locator('.wall img').first().waitFor();
    const other = await context.newPage();
    await other.goto(stage.url);
    await other.getByRole('dialog').getByLabel('Key').waitFor();
    await context.close();
  });
});
