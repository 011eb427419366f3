// slow: drives a browser
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { AxeResults } from 'axe-core';
import type { Page, Route } from 'playwright-core';
import { stripes } from '../support/pictures.ts';
import { noBrowser, openStage, type Stage } from './browser.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The serious and critical violations of what is shown. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(`if (globalThis.axe === undefined) { ${axe} }`);
  const found = (await page.evaluate(
    "axe.run(document, { resultTypes: ['violations'] }).then((result) => result.violations)",
  )) as AxeResults['violations'];
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`);
}

const never = (): Promise<void> => new Promise(() => {});
const answer = (status: number, code: string) => (route: Route) =>
  route.fulfill({
    status,
    contentType: 'application/problem+json',
    body: JSON.stringify({ status, code, detail: `This is ${code}.` }),
  });

interface State {
  readonly name: string;
  readonly place: string;
  /** What stands there when the state is reached. */
  readonly shows: string;
  readonly route?: readonly [pattern: string | RegExp, handle: (route: Route) => unknown];
  readonly act?: (page: Page, stage: Stage) => Promise<void>;
}

const byItem = '#/c/shop?item=kind-0/0';

async function choosePicture(page: Page, stage: Stage): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Choose a photo' }).click();
  await (await chooser).setFiles(join(stage.folder, 'photo.jpg'));
}

async function startImport(page: Page, stage: Stage): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Choose files' }).click();
  await (await chooser).setFiles([join(stage.folder, 'photo.jpg'), join(stage.folder, 'notes.txt')]);
  await page.getByRole('button', { name: 'Start the import' }).click();
}

const states: readonly State[] = [
  { name: 'start', place: '#/c/shop', shows: '.wall img' },
  { name: 'empty', place: '#/c/bare', shows: 'text=This collection is empty' },
  { name: 'loading', place: byItem, shows: '.skeleton', route: ['**/search', never] },
  { name: 'results', place: byItem, shows: '.card .strip' },
  {
    name: 'no match',
    place: `${byItem}&filter=${encodeURIComponent('{"label":{"is":"none"}}')}`,
    shows: 'text=Nothing matches',
  },
  { name: 'crop', place: '#/c/shop', shows: '.cropper .frame', act: choosePicture },
  {
    name: 'filter',
    place: `${byItem}&filter=${encodeURIComponent('{"metadata.sale":{"is":true}}')}`,
    shows: '.card',
    act: (page) => page.locator('details.box summary').first().click(),
  },
  {
    name: 'not like this',
    place: `${byItem}&not=${encodeURIComponent('kind-1/0')}`,
    shows: '.part.not img',
  },
  {
    name: 'a closer look',
    place: byItem,
    shows: 'dialog .warm canvas',
    act: async (page) => {
      await page.locator('.card .shot').first().click();
      await page.getByRole('button', { name: 'Why this match?' }).click();
    },
  },
  { name: 'error', place: byItem, shows: '.notice.bad', route: ['**/search', answer(500, 'internal')] },
  {
    name: 'offline',
    place: byItem,
    shows: '.notice.bad',
    route: [/\/(search|health\/live)$/, (route) => route.abort()],
  },
  {
    name: 'key asked',
    place: byItem,
    shows: 'dialog input',
    route: ['**/search', answer(401, 'unauthorized')],
  },
  {
    name: 'import running',
    place: '#/c/shop/import',
    shows: 'progress',
    route: ['**/items/batch', never],
    act: startImport,
  },
  {
    name: 'import failed',
    place: '#/c/shop/import',
    shows: 'text=The import failed',
    route: ['**/items/batch', answer(500, 'internal')],
    act: startImport,
  },
  {
    name: 'near-duplicates',
    place: '#/c/shop/duplicates',
    shows: 'text=/at least .* alike/',
    act: async (page) => {
      const start = page.getByRole('button', { name: 'Look for them' });
      await start.waitFor();
      if ((await page.getByText('Done', { exact: true }).count()) === 0) await start.click();
    },
  },
  { name: 'items', place: '#/c/shop/items', shows: '.tile img' },
  { name: 'item', place: `#/c/shop/items/${encodeURIComponent('kind-0/0')}`, shows: 'img.large' },
  { name: 'evaluation', place: '#/c/shop/evaluations', shows: 'form.box' },
  { name: 'settings', place: '#/c/shop/settings', shows: '#delete' },
  { name: 'collections', place: '#/collections', shows: '.boxes .box' },
  { name: 'health', place: '#/health', shows: '#machine' },
];

describe('the page for all readers', { skip: noBrowser }, () => {
  let stage: Stage;
  before(async () => {
    stage = await openStage();
    const headers = { 'Content-Type': 'application/json' };
    await fetch(`${stage.url}/v1/collections/bare`, { method: 'PUT', headers, body: '{}' });
    writeFileSync(join(stage.folder, 'photo.jpg'), await stripes(90, 7, 300));
    writeFileSync(join(stage.folder, 'notes.txt'), 'nothing');
  });
  after(() => stage.close());

  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of [320, 1280])
      test(`axe finds nothing serious in ${states.length} states, ${colorScheme}, ${width} pixels, nothing moves, and nothing is wider than the window`, async () => {
        const found: string[] = [];
        const options = { colorScheme, reducedMotion: 'reduce', viewport: { width, height: 800 } } as const;
        const { page, context } = await stage.open(options);
        for (const { name, place, shows, route, act } of states) {
          if (route !== undefined) await page.route(route[0], route[1]);
          await page.goto('about:blank');
          await page.goto(`${stage.url}/${place}`);
          await act?.(page, stage);
          await page.locator(shows).first().waitFor();
          found.push(...(await violations(page)).map((one) => `${name}: ${one}`));
          const moving = await page.evaluate(
            'document.getAnimations().filter(({ effect }) => effect.getTiming().duration > 0).length',
          );
          if (Number(moving) > 0) found.push(`${name}: ${moving} things move though motion is to be reduced`);
          const wide = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
          if (Number(wide) > 0) found.push(`${name}: ${wide} pixels wider than the window`);
          await page.unrouteAll({ behavior: 'ignoreErrors' });
        }
        assert.deepEqual(found, []);
        await context.close();
      });
});
