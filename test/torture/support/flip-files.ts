import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FolderRecords } from '../../../src/engine/index.ts';
import { exactScan } from '../../../src/gallery/memory/exact-scan.ts';
import { cacheName, VectorKeeper } from '../../../src/gallery/memory/kept-vectors.ts';
import { silentLogger } from '../../../src/log.ts';
import { newDelivery } from '../../../src/server/webhooks/delivery.ts';
import { Outbox } from '../../../src/server/webhooks/outbox.ts';
import { clustered } from '../../gallery/ann/vectors.ts';
import { finish, storeOf } from '../../gallery/memory/store.ts';
import type { Torture } from '../scenario.ts';
import { damaged } from './damage.ts';

/** A log that counts its warnings. */
class CountingLog {
  warnings = 0;
  readonly debug = silentLogger.debug;
  readonly info = silentLogger.info;
  readonly error = silentLogger.error;
  readonly warn = (): void => {
    this.warnings += 1;
  };
}

/** Cuts and flips the file that vectors are read from at start: searches answer the same, and the log says that it was not used. */
export async function flipVectorFile(torture: Torture): Promise<void> {
  const row = torture.row('cuts and flips: file of vectors', { wanted: 300 });
  const directory = join(torture.folder, 'vectors');
  mkdirSync(directory);
  const vectors = clustered(200, 16, 5);
  const open = () => {
    const { memory, vectorsKey } = storeOf(16, vectors, { metric: 'cosine' });
    const log = new CountingLog();
    const keeper = new VectorKeeper(memory, { directory, readOnly: false, log, above: 0, vectorsKey });
    finish(memory.fill());
    const answers = vectors
      .slice(0, 8)
      .map((vector) => finish(exactScan(memory, { vector, choice: { metric: 'cosine' }, n: 10 })));
    return { keeper, log, answers };
  };
  const first = open();
  first.keeper.changed(2000);
  finish(first.keeper.save());
  const path = join(directory, cacheName(1));
  const whole = readFileSync(path);
  await row.run(({ random }) => {
    writeFileSync(path, damaged(whole, random));
    const { answers, log } = open();
    assert.deepEqual(answers, first.answers);
    assert.equal(log.warnings, 1, 'the damage is not told');
  });
}

/** Cuts and flips deliveries of webhooks: each is read as it was, or left out with a word in the log. */
export async function flipDeliveries(torture: Torture): Promise<void> {
  const row = torture.row('cuts and flips: outbox of webhooks', { wanted: 200 });
  const folder = join(torture.folder, 'outbox');
  mkdirSync(folder);
  const data = { collection: 'shop', added: 12, replaced: 3, unchanged: 0, removed: 1, failed: 0 };
  const event = { type: 'import.finished', timestamp: '2031-05-01T10:00:00Z', data } as const;
  const outbox = new Outbox(new FolderRecords(folder), silentLogger);
  for (let number = 0; number < 3; number += 1)
    await outbox.put(
      newDelivery({ message: `msg_${number}`, event, now: 1_900_000_000_000 + number }, 'a'.repeat(12)),
    );
  const right = outbox.pending();
  const files = readdirSync(join(folder, 'webhooks')).map((name) => join(folder, 'webhooks', name));
  const contents = files.map((path) => readFileSync(path));
  await row.run(async ({ random }) => {
    for (const [i, path] of files.entries()) writeFileSync(path, contents[i] ?? '');
    const at = Math.floor(random() * files.length);
    writeFileSync(files[at] ?? '', damaged(contents[at] ?? Buffer.alloc(1), random));
    const log = new CountingLog();
    const next = new Outbox(new FolderRecords(folder), log);
    await next.load();
    const found = next.pending();
    for (const one of found)
      assert.deepEqual(
        one,
        right.find(({ id }) => id === one.id),
      );
    assert.equal(found.length + log.warnings, right.length, 'a delivery is gone without a word');
  });
}
