// slow: opens 60 damaged collections
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ItemInput } from '../../../src/engine/index.ts';
import { checkCollections, Gallery } from '../../../src/gallery/index.ts';
import { Database } from '../../../src/gallery/storage/database.ts';
import { randomNumbers } from '../../../src/random.ts';
import { answeringItems, answers, count, dimension, isRefusal, saysDamaged } from '../support/answers.ts';
import { modelId, openGallery, settings, temporaryFolder } from '../support/gallery.ts';

/** Collections that are damaged, each once, and opened at once: that takes one process. */
const copies = 40;

test('flips and cuts anywhere in a catalogue are refused or harmless: no other answer is given', async (t) => {
  const random = randomNumbers(7);
  const directory = await temporaryFolder(t);
  {
    await using gallery = await Gallery.open(directory);
    await gallery.create(settings('whole', dimension));
    await gallery.upsert('whole', modelId, answeringItems(random));
    await gallery.delete('whole', ['nothing']);
  }
  const collections = join(directory, 'collections');
  const whole = await readFile(join(collections, 'whole', 'catalogue.sqlite'));
  for (let i = 0; i < copies; i++) {
    const bytes = Buffer.from(whole);
    const at = Math.floor(random() * bytes.length);
    // Half of the flips go to the small pages: those of rows, of the indexes, and the first of all.
    const place = i % 2 === 0 ? at : at % (24 * 4096);
    bytes[place] = (bytes[place] ?? 0) ^ (1 << Math.floor(random() * 8));
    await mkdir(join(collections, `c${i}`));
    await writeFile(
      join(collections, `c${i}`, 'catalogue.sqlite'),
      i % 10 === 9 ? bytes.subarray(0, at) : bytes,
    );
  }
  const gallery = await openGallery(t, { directory });
  const right = await answers(gallery, 'whole');
  const seen = { refused: 0, harmless: 0, lied: [] as string[] };
  for (let i = 0; i < copies; i++) {
    let refused = false;
    for (const [what, answer] of await answers(gallery, `c${i}`)) {
      if (isRefusal(answer) || saysDamaged(answer)) refused = true;
      else
        try {
          assert.deepEqual(answer, right.get(what));
        } catch {
          seen.lied.push(`c${i} ${what}`);
        }
    }
    if (refused) seen.refused += 1;
    else seen.harmless += 1;
  }
  assert.deepEqual(seen.lied, []);
  assert.ok(seen.refused > copies / 2, JSON.stringify(seen));
});

test('a damaged item is an error where it is named, and is left out and counted elsewhere', async (t) => {
  const directory = await temporaryFolder(t);
  const made = answeringItems(randomNumbers(8));
  {
    await using gallery = await Gallery.open(directory);
    await gallery.create(settings('shop', dimension));
    await gallery.upsert('shop', modelId, made);
  }
  const file = join(directory, 'collections', 'shop', 'catalogue.sqlite');
  const bytes = await readFile(file);
  const damage = (part: Uint8Array): void => {
    const at = bytes.indexOf(part);
    assert.ok(at > 0);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
  };
  const vectorOf = (i: number): Uint8Array => new Uint8Array(made[i]?.vector.buffer ?? new ArrayBuffer(1));
  damage(vectorOf(5));
  damage(Buffer.from('{"price":7,'));
  damage(made[9]?.image?.subarray(1100, 1140) ?? bytes);
  damage(made[0]?.image?.subarray(299_000, 299_040) ?? bytes);
  await writeFile(file, bytes);
  const gallery = await openGallery(t, { directory });
  const refused = { code: 'item-damaged' };
  await assert.rejects(gallery.vector('shop', 'item-5'), refused);
  await assert.rejects(gallery.get('shop', 'item-7'), refused);
  await assert.rejects(gallery.image('shop', 'item-9'), refused);
  const list = await gallery.list('shop', { limit: 100 });
  assert.deepEqual([list.items.length, list.damaged], [count - 1, 1]);
  const { hits, damaged } = await gallery.search('shop', Float32Array.from(vectorOf(3)).slice(0, dimension), {
    k: 100,
    group: 'item',
  });
  assert.deepEqual([hits.length, damaged], [count - 2, 2]);
  const parts: number[] = [];
  const reading = async (): Promise<void> => {
    for await (const part of gallery.pictureParts('shop', await gallery.picture('shop', 'item-0')))
      parts.push(part.length);
  };
  await assert.rejects(reading(), refused);
  assert.deepEqual(parts, [262_144]);
  const again = await gallery.upsert(
    'shop',
    modelId,
    made.filter((_, i) => [0, 5, 7, 9].includes(i)),
  );
  assert.equal(again.replaced.length, 4);
  assert.deepEqual((await gallery.image('shop', 'item-9')).bytes, new Uint8Array(made[9]?.image ?? []));
  assert.equal((await gallery.list('shop', { limit: 100 })).damaged, undefined);
});

test('damage in an id or a product, or in an index of them, costs that item at most; a repair puts it aside', async (t) => {
  const directory = await temporaryFolder(t);
  {
    await using gallery = await Gallery.open(directory);
    await gallery.create(settings('whole', dimension));
    await gallery.upsert('whole', modelId, answeringItems(randomNumbers(9)));
  }
  const collections = join(directory, 'collections');
  const whole = await readFile(join(collections, 'whole', 'catalogue.sqlite'));
  // Each stands in its row and in the index; item-14 has the same product as item-15.
  const places = ['item-15', 'product-7'].flatMap((text) => {
    const found: number[] = [];
    for (let at = whole.indexOf(text); at !== -1; at = whole.indexOf(text, at + 1)) found.push(at);
    return found;
  });
  assert.equal(places.length, 6);
  for (const [i, at] of places.entries()) {
    const bytes = Buffer.from(whole);
    bytes[at + 2] = (bytes[at + 2] ?? 0) ^ 16;
    await mkdir(join(collections, `c${i}`));
    await writeFile(join(collections, `c${i}`, 'catalogue.sqlite'), bytes);
  }
  const damaged: string[] = [];
  const kept: string[] = [];
  {
    await using gallery = await Gallery.open(directory);
    const right = await answers(gallery, 'whole');
    for (const i of places.keys()) {
      const name = `c${i}`;
      const found = await answers(gallery, name);
      const others = [...found].filter(([what]) => !/ (14|15)$/.test(what));
      for (const [what, answer] of others)
        if (!saysDamaged(answer)) assert.deepEqual(answer, right.get(what));
      const { damaged: left = 0 } = await gallery.list(name, { limit: 100 });
      if (left > 0) damaged.push(name);
      assert.ok(left <= 1);
      for (const id of left > 0 ? ['item-14', 'item-15'] : [])
        await gallery.delete(name, [id]).catch((error) => {
          assert.equal(error.code, 'item-damaged');
          kept.push(name);
        });
      await gallery.upsert(name, modelId, [
        { ...answeringItems(randomNumbers(10))[0], id: 'new' } as ItemInput,
      ]);
    }
  }
  assert.equal(damaged.length, 3, 'those whose rows are damaged; an index is made anew');
  // By its id, which the index has, an item can still be deleted.
  assert.equal(kept.length, 2);
  const checked = checkCollections(directory, { repair: true });
  for (const { name, state } of checked)
    assert.equal(state, kept.includes(name) ? 'repaired' : 'clean', name);
  assert.ok(checkCollections(directory).every(({ state }) => state === 'clean'));
  for (const name of kept) {
    using database = new Database(join(collections, name, 'catalogue.sqlite'), { readOnly: true });
    const aside = database.all<{ origin: string }>('SELECT origin FROM quarantine WHERE origin = ?', 'items');
    assert.equal(aside.length, 1);
  }
});
