import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { randomNumbers } from '../../../src/random.ts';
import type { Try } from '../row.ts';
import type { Scenario, Torture } from '../scenario.ts';
import { checkDocumented, formWith, startServer, type TorturedServer } from '../support/server.ts';

/** Mounts a small disk in memory and runs `use` with its folder. */
async function withSmallDisk(torture: Torture, use: (folder: string) => Promise<void>): Promise<void> {
  const folder = join(torture.folder, 'disk');
  mkdirSync(folder, { recursive: true });
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=40m', 'tmpfs', folder]);
  assert.equal(status, 0, 'the small disk cannot be mounted');
  try {
    await use(folder);
  } finally {
    spawnSync('umount', ['-l', folder]);
  }
}

const canMount = (folder: string): boolean => {
  mkdirSync(folder, { recursive: true });
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]);
  if (status === 0) spawnSync('umount', ['-l', folder]);
  rmSync(folder, { recursive: true, force: true });
  return status === 0;
};

const shop = (server: TorturedServer, path: string): string =>
  `${server.url}/v1/collections/shop/items/${path}`;

/** Stores pictures until there is no room; returns their number. */
async function fill(server: TorturedServer, seed: number): Promise<number> {
  const random = randomNumbers(seed);
  for (let stored = 0; ; stored += 1) {
    const side = 200 + Math.floor(random() * 300);
    const pixels = Buffer.from(Array.from({ length: side * side * 3 }, () => random() * 256));
    const picture = await sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
      .png()
      .toBuffer();
    const answer = await fetch(shop(server, `p${stored}`), { method: 'PUT', body: formWith(picture) });
    const code = checkDocumented(answer.status, await answer.text());
    if (code === undefined) continue;
    assert.equal(code, 'disk-full');
    return stored;
  }
}

async function erase(server: TorturedServer, id: string): Promise<void> {
  const answer = await fetch(shop(server, id), { method: 'DELETE' });
  assert.equal(answer.status, 204, `${id}: ${await answer.text()}`);
}

/** A disk that gets full: what is there is served and found, goes when it is told to, and survives a restart. */
async function full(torture: Torture, { seed }: Try): Promise<void> {
  await withSmallDisk(torture, async (folder) => {
    const data = join(folder, 'data');
    const server = await startServer(torture, { data });
    const stored = await fill(server, seed);
    assert.ok(stored > 3, `${stored}`);
    const takeRest = (): unknown => spawnSync('sh', ['-c', 'cat /dev/zero >> "$0"', join(folder, 'filler')]);
    takeRest();
    await server.check();
    await erase(server, 'p0');
    assert.deepEqual([(await server.stop()).code, server.errors()], [0, '']);
    const again = await startServer(torture, { data, isFilled: true });
    await again.check();
    assert.equal((await fetch(shop(again, 'p0'))).status, 404);
    for (let i = 1; i < stored; i += 1)
      assert.equal((await fetch(shop(again, `p${i}/image`))).status, 200, `p${i}`);
    // Any number of deletions, whatever others do meanwhile.
    for (let i = 1; i < stored; i += 1) {
      takeRest();
      await erase(again, `p${i}`);
    }
    rmSync(join(folder, 'filler'));
    const answer = await fetch(shop(again, 'new'), { method: 'PUT', body: formWith(again.picture) });
    assert.equal(answer.status, 201, await answer.text());
    assert.deepEqual([(await again.stop()).code, again.errors()], [0, '']);
  });
}

/** A disk that takes no writes: served, and writes are refused. */
async function readOnly(torture: Torture): Promise<void> {
  await withSmallDisk(torture, async (folder) => {
    const data = join(folder, 'data');
    const server = await startServer(torture, { data });
    await server.stop();
    assert.equal(spawnSync('mount', ['-o', 'remount,ro', folder]).status, 0);
    const again = await startServer(torture, { data, isFilled: true });
    await again.check();
    const refused = [
      await fetch(shop(again, 'new'), { method: 'PUT', body: formWith(again.picture) }),
      await fetch(shop(again, 'k0'), { method: 'DELETE' }),
    ];
    for (const answer of refused) assert.equal(answer.status, 403, await answer.text());
    assert.deepEqual([(await again.stop()).code, again.errors()], [0, '']);
  });
}

async function run(torture: Torture): Promise<void> {
  const rows = ['full disk', 'read-only disk'].map((title) => torture.row(title, { wanted: 10 }));
  if (!canMount(join(torture.folder, 'disk'))) {
    for (const row of rows) row.skip('no small disk can be mounted here: only root may');
    return;
  }
  await rows[0]?.run((one) => full(torture, one));
  await rows[1]?.run(() => readOnly(torture));
}

/** A small disk that gets full, and one that is read-only. */
export const scenario: Scenario = { rows: 2, share: 1, run };
