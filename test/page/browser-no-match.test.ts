// slow: drives a browser
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { stripes } from '../support/pictures.ts';
import { noBrowser, openStage, type Stage } from './browser.ts';

describe('an honest “no match” on the page', { skip: noBrowser }, () => {
  let stage: Stage;
  before(async () => {
    stage = await openStage();
  });
  after(() => stage.close());

  test('a calibrated collection says how sure a result is, and that there is no match', async () => {
    const path = `${stage.url}/v1/collections/shop/calibration`;
    const headers = { 'Content-Type': 'application/json' };
    assert.equal((await fetch(path, { method: 'POST', headers, body: '{}' })).status, 202);
    let state = 'running';
    while (state === 'running') ({ state } = (await (await fetch(path)).json()) as { state: string });
    assert.equal(state, 'done');

    const { page, context } = await stage.open({ viewport: { width: 390, height: 844 } });
    await page.goto(stage.url);
    const photo = { name: 'photo.jpg', mimeType: 'image/jpeg', buffer: await stripes(90, 7, 300) };
    await page.locator('input[type=file]').first().setInputFiles(photo);
    const sure = page.locator('.card .sure').first();
    await sure.waitFor();
    assert.match(await sure.innerText(), /^[A-Z][a-z ]+ \((only )?\d{1,2}\u00a0%\u00a0sure\)$/);

    const asked: string[] = [];
    await page.route('**/collections/shop/search', async (route) => {
      const sent = route.request().postDataBuffer()?.toString('latin1') ?? '';
      if (!sent.includes('maxFalseMatch')) return route.continue();
      asked.push(sent);
      const noMatch = { reason: 'uncertain', confidence: 0.999 };
      // What the server answers is tested elsewhere.
      return route.fulfill({ json: { ...page1, results: [], next: null, noMatch } });
    });
    const form = new FormData();
    form.set('image', new Blob([new Uint8Array(photo.buffer)]), 'photo.jpg');
    const page1 = (await (
      await fetch(`${stage.url}/v1/collections/shop/search`, { method: 'POST', body: form })
    ).json()) as Readonly<Record<string, unknown>>;
    await page.locator('.drawer summary').click();
    // A collection this small supports no other rate.
    const offered = page.getByLabel('Say “no match”').locator('option');
    assert.deepEqual(await offered.allTextContents(), [
      'never, show what is nearest',
      'up to 50 % false matches',
    ]);
    await page.getByLabel('Say “no match”').selectOption('0.5');
    await page.getByText('Probably not in this collection').waitFor();
    await page.getByText('The nearest is 99\u00a0%\u00a0sure').waitFor();
    assert.match(asked[0] ?? '', /0\.5/);
    if (process.env['SHOT'] !== undefined)
      await page.screenshot({ path: process.env['SHOT'], fullPage: true });
    await page.getByRole('button', { name: 'Show what is nearest' }).click();
    await page.locator('.card .sure').first().waitFor();
    if (process.env['SHOT'] !== undefined)
      await page.screenshot({ path: `${process.env['SHOT']}-2.png`, fullPage: true });

    // A rate is promised for one photo only.
    const before = asked.length;
    await page.goto(`${stage.url}/#/c/shop?item=kind-0/0&maxFalseMatch=0.01`);
    await page.locator('.card').first().waitFor();
    assert.equal(await page.getByLabel('Say “no match”').count(), 0);
    assert.equal(asked.length, before);
    await context.close();
  });
});
