// Started by the scenario `kills`: imports vectors, or queues deliveries of a webhook, until it is killed. Prints a JSON line
// after everything that was told as done.
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { Retriever } from '../../../src/retrieval/index.ts';
import { Webhooks } from '../../../src/server/index.ts';
import { filesOf, quiet, type WriterWork, webhookUrl } from './kill-writes.ts';

const { kind, folder, first } = JSON.parse(process.argv[2] ?? '{}') as WriterWork;
// Synchronous, so that a line is out before anything else happens.
const print = (line: unknown): number => writeSync(1, `${JSON.stringify(line)}\n`);

async function importVectors(): Promise<void> {
  const retriever = await Retriever.open(join(folder, 'data'));
  const vectorsOf = { name: 'elsewhere', dimension: 4 };
  const { modelId } = await retriever.createCollection('shop', { vectorsOf });
  print({ open: true });
  for (let at = first; ; at += 1) {
    const file = at % 2 === 0 ? 'a' : 'b';
    await retriever.importVectors('shop', modelId, filesOf(folder, file), {
      onProgress: ({ done }) => print({ acted: { file, done: String(done) } }),
    });
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

setInterval(() => {}, 2 ** 30);
await (kind === 'import' ? importVectors() : queueDeliveries());
