import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Gallery, type GalleryOptions } from '../../../src/gallery/index.ts';
import { enginesHere } from '../../gallery/ann/engines-here.ts';
import { type answers, isRefusal, saysDamaged } from '../../gallery/support/answers.ts';
import { eager, indexed, item, modelId, settings } from '../../gallery/support/gallery.ts';
import type { Try } from '../row.ts';
import type { Torture } from '../scenario.ts';
import { damaged } from './damage.ts';

/** Collections that are damaged, each once, and opened together: that takes one process. */
export const copies = 20;

/** What is asked: a function of the collection, and the options of the gallery that is asked. */
interface Question extends Pick<GalleryOptions, 'indexEngine'> {
  readonly ask: typeof answers;
}

/** Asks every damaged copy of a collection what the whole one was asked: each answers the same, or says that it cannot. */
export async function askAll(
  directory: string,
  one: Try,
  { ask, indexEngine }: Question,
  write: (name: string) => void,
): Promise<void> {
  const names = Array.from({ length: copies }, (_, i) => `c${i}`);
  for (const name of names) write(name);
  await using gallery = await Gallery.open(directory, { exactSearchLimits: eager, indexEngine });
  const right = await ask(gallery, 'whole');
  for (const name of names) {
    for (const [what, answer] of await ask(gallery, name)) {
      if (isRefusal(answer) || saysDamaged(answer) || isDeepStrictEqual(answer, right.get(what))) continue;
      one.lose(`${name} lied to "${what}": ${String(answer).slice(0, 100)}`);
      break;
    }
  }
  await gallery.close();
  for (const name of names) rmSync(join(directory, 'collections', name), { recursive: true });
}

/** The answers of searches through the index. */
async function searches(gallery: Gallery, name: string): Promise<Map<string, unknown>> {
  const found = new Map<string, unknown>();
  for (let i = 0; i < 5; i += 1) {
    const query = Float32Array.of(Math.sin(i), Math.cos(i), i / 5, 0.3);
    const answer = gallery.search(name, query, { k: 10 }).then(({ hits, damaged: left }) => ({
      hits: hits.map(({ item: { id }, distance }) => [id, distance]),
      damaged: left,
    }));
    found.set(`search ${i}`, await answer.catch((error: unknown) => error));
  }
  return found;
}

/** Cuts and flips the files of saved indexes, of each engine. */
export async function flipIndexes(torture: Torture): Promise<void> {
  for (const { engine: indexEngine, skip } of enginesHere) {
    const row = torture.row(`cuts and flips: index of ${indexEngine}`, { wanted: 160, batch: copies });
    if (skip !== false) row.skip(skip);
    if (skip !== false || !row.isWanted) continue;
    const directory = join(torture.folder, `indexes-${indexEngine}`);
    {
      await using gallery = await Gallery.open(directory, { exactSearchLimits: eager, indexEngine });
      await gallery.create(settings('whole', 4));
      const vector = (i: number): number[] => [
        Math.sin(i),
        Math.cos(2 * i),
        Math.sin(3 * i),
        Math.cos(5 * i),
      ];
      await gallery.upsert(
        'whole',
        modelId,
        Array.from({ length: 200 }, (_, i) => item(`i${i}`, vector(i))),
      );
      await indexed(gallery, 'whole');
    }
    const collections = join(directory, 'collections');
    const files = readdirSync(join(collections, 'whole'), { recursive: true })
      .map(String)
      .filter((name) => /index\.[^/]*$/.test(name));
    // Three for each shard.
    assert.ok(files.length > 0 && files.length % 3 === 0, files.join(', '));
    await row.run((one) =>
      askAll(directory, one, { ask: searches, indexEngine }, (name) => {
        cpSync(join(collections, 'whole'), join(collections, name), { recursive: true });
        const path = join(collections, name, files[Math.floor(one.random() * files.length)] ?? '');
        writeFileSync(path, damaged(readFileSync(path), one.random));
      }),
    );
  }
}
