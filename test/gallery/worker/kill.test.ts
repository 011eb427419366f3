// slow: starts processes
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Item } from '../../../src/engine/index.ts';
import { Gallery } from '../../../src/gallery/index.ts';
import { randomNumbers } from '../../../src/random.ts';
import { eager, indexed, temporaryFolder } from '../support/gallery.ts';
import { Ledger, vectorOf } from './kill-model.ts';

// The torture run (scenario `kills`) does this for as long as one likes.
const kills = 4;
const child = fileURLToPath(new URL('./kill-child.js', import.meta.url));

/** Kills a writer when it has printed so many lines, before and after each of its writes, and returns all that it printed. */
async function writeAndKill(directory: string, round: number, lines: number): Promise<string> {
  const writer = spawn(process.execPath, [child, directory, String(round + 1), String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  writer.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (output.split('\n').length > lines) writer.kill('SIGKILL');
  });
  await once(writer, 'close');
  assert.equal(writer.signalCode, 'SIGKILL', 'the writer ended by itself');
  return output;
}

async function everything(gallery: Gallery): Promise<Item[]> {
  const items: Item[] = [];
  for (let after: string | undefined, more = true; more; ) {
    const page = await gallery.list('shop', { limit: 50, after });
    items.push(...page.items);
    after = page.next ?? undefined;
    more = page.next !== null;
  }
  return items;
}

/** Every item is found by its own vector, first through the half-caught-up index, and nothing else is found. */
async function checkSearch(gallery: Gallery, items: readonly Item[], random: () => number): Promise<void> {
  const some = items.filter(() => random() < 0.2);
  for (const { id, label } of some) {
    const [best] = (await gallery.search('shop', Float32Array.from(vectorOf(id, label ?? '')), { k: 1 }))
      .hits;
    assert.deepEqual([best?.item.id, best?.item.label], [id, label]);
    assert.ok((best?.distance ?? 1) < 1e-6);
  }
  const all = await gallery.search('shop', Float32Array.of(0, 0, 0, 0), { k: 1000, group: 'item' });
  assert.deepEqual(
    all.hits.map((hit) => hit.item.id).sort(),
    items.map(({ id }) => id),
  );
}

test(`${kills} times SIGKILL in the middle of writes: nothing acknowledged is lost, doubled or made up`, async (t) => {
  const directory = await temporaryFolder(t);
  const random = randomNumbers(5);
  const ledger = new Ledger();
  for (let round = 0; round < kills; round++) {
    ledger.read(await writeAndKill(directory, round, 10 + random() * 100));
    await using gallery = await Gallery.open(directory, { exactSearchLimits: eager });
    const items = await everything(gallery);
    assert.equal(new Set(items.map(({ id }) => id)).size, items.length);
    assert.deepEqual(ledger.check(new Map(items.map(({ id, label }) => [id, label]))), [], `round ${round}`);
    assert.equal((await gallery.info('shop')).items, items.length);
    await checkSearch(gallery, items, random);
    // Half of the time the saved index has caught up, else it is somewhere behind.
    if (round % 2 === 0) await indexed(gallery, 'shop');
    await gallery.close();
  }
  assert.ok(ledger.acknowledged.size > 30);
});
