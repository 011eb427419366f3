// Imports a catalogue every night, by cron: what is new or has changed is stored, and what has gone is deleted. Exits with 1 if anything was
// left out, so that cron sends its output as a mail.
//   30 3 * * *  SNAPSHELF_KEY=... node dist/examples/nightly-import.js /srv/export http://127.0.0.1:3000
// The folder has a products.json: [{"sku": "mug-1", "category": "mugs", "name": "Mug", "price": 9.5, "photo": "photos/mug-1.jpg"}]
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ImportItem, SnapshelfClient } from 'snapshelf/client';

interface Product {
  readonly sku: string;
  readonly category: string;
  readonly name: string;
  readonly price: number;
  readonly photo: string;
}

/** Of an export that lacks more than this share of the items, nothing is deleted: it is more likely to be broken. */
const mostGone = 0.2;

/** Imports the folder. Returns true if nothing was left out. */
export async function importNight(folder: string, client: SnapshelfClient): Promise<boolean> {
  const products = JSON.parse(await readFile(join(folder, 'products.json'), 'utf8')) as Product[];
  await client.createCollection('shop');
  const items = products.map(
    ({ sku, category, photo, ...metadata }): ImportItem => ({
      id: sku,
      label: category,
      metadata,
      image: () => readFile(join(folder, photo)),
    }),
  );
  const { added, replaced, unchanged, failed, notes } = await client.importItems('shop', items);
  console.log(`${added} added, ${replaced} replaced, ${unchanged} unchanged, ${failed.length} left out`);
  for (const note of notes) console.log(note);
  for (const { id, message } of failed) console.log(`${id}: ${message}`);
  return (await removeGone(client, new Set(products.map(({ sku }) => sku)))) && failed.length === 0;
}

async function removeGone(client: SnapshelfClient, kept: ReadonlySet<string>): Promise<boolean> {
  const gone: string[] = [];
  let seen = 0;
  for await (const { id } of client.items('shop', { limit: 1000 })) {
    seen += 1;
    if (!kept.has(id)) gone.push(id);
  }
  if (gone.length > seen * mostGone) {
    console.log(`${gone.length} of ${seen} items are not in the export: nothing is deleted.`);
    return false;
  }
  for (let at = 0; at < gone.length; at += 1000)
    await client.deleteItems('shop', { ids: gone.slice(at, at + 1000) });
  console.log(`${gone.length} deleted`);
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , folder = '.', url = 'http://127.0.0.1:3000'] = process.argv;
  const onRetry = ({ message }: Error, ms: number) => console.log(`${message} Trying again in ${ms} ms.`);
  const client = new SnapshelfClient(url, { key: process.env['SNAPSHELF_KEY'], retries: 10, onRetry });
  process.exitCode = (await importNight(folder, client)) ? 0 : 1;
}
