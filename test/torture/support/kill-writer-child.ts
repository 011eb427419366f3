// Started by the scenario `kills`: imports vectors, is sent them by HTTP, queues deliveries of a webhook, or saves what stands in memory,
// until it is killed. Prints a JSON line after everything that was told as done.
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { SnapshelfClient } from '../../../src/client/index.ts';
import { Retriever } from '../../../src/retrieval/index.ts';
import { startServer, Webhooks } from '../../../src/server/index.ts';
import { openSaves, writeVersion } from './kill-saves.ts';
import { atOnce, filesOf, quiet, rows, vectorOf, type WriterWork, webhookUrl } from './kill-writes.ts';

const { kind, folder, first } = JSON.parse(process.argv[2] ?? '{}') as WriterWork;
const data = join(folder, 'data');
// Synchronous, so that a line is out before anything else happens.
const print = (line: unknown): number => writeSync(1, `${JSON.stringify(line)}\n`);
const vectorsOf = { name: 'elsewhere', dimension: 4 };
const fileOf = (at: number): string => (at % 2 === 0 ? 'a' : 'b');

async function importVectors(): Promise<void> {
  const retriever = await Retriever.open(data);
  const { modelId } = await retriever.createCollection('shop', { vectorsOf });
  print({ open: true });
  for (let at = first; ; at += 1) {
    const file = fileOf(at);
    await retriever.importVectors('shop', modelId, filesOf(folder, file), {
      onProgress: ({ done }) => print({ acted: { file, done: String(done) } }),
    });
  }
}

async function postVectors(): Promise<void> {
  const { url, ready } = await startServer({ data, port: 0, rateLimits: { localPerMinute: 0 } });
  await ready;
  const client = new SnapshelfClient(url);
  await client.createCollection('shop', { vectorsOf });
  print({ open: true });
  for (let at = first; ; at += 1) {
    const file = fileOf(at);
    for (let done = 0; done < rows; done += atOnce) {
      const some = Array.from({ length: atOnce }, (_, i) => done + i);
      await client.putVectors('shop', {
        model: vectorsOf.name,
        items: some.map((row) => ({ id: `i${row}`, label: file })),
        vectors: some.map((row) => vectorOf(row, file)),
      });
      print({ acted: { file, done: String(done + atOnce) } });
    }
  }
}

async function queueDeliveries(): Promise<void> {
  const webhooks = await Webhooks.open(folder, { sender: quiet });
  const { webhook } = await webhooks.create({ url: webhookUrl });
  print({ acted: { webhook: webhook.id } });
  // So few that none gives way to another.
  for (let sent = 0; sent < 90; sent += 1) {
    const { id: delivery } = await webhooks.test(webhook.id);
    print({ acted: { delivery } });
  }
}

/** Saves the index and the vectors again and again, each time after so much has changed that it is worth it. */
async function save(): Promise<void> {
  const store = openSaves(data);
  for (let version = first; ; version += 1) {
    writeVersion(store, version);
    while (store.isBehind()) store.work();
    print({ acted: { version: String(version) } });
    store.saveInIdleTime();
    while (store.isBehind()) store.work();
  }
}

setInterval(() => {}, 2 ** 30);
await { import: importVectors, post: postVectors, deliveries: queueDeliveries, saving: save }[kind]();
