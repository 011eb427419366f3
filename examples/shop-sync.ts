// Keeps the image search in step with the product table of a shop (SQLite): triggers write down which products have changed, and this
// program sends them until each is done, however often the server or the network is away.
//   SNAPSHELF_KEY=... node dist/examples/shop-sync.js shop.sqlite http://127.0.0.1:3000
import { fileURLToPath } from 'node:url';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite'; // or node:sqlite, from Node 22.13
import { ProblemError, SnapshelfClient } from 'snapshelf/client';

/** Opens the shop's database and sets up the list of changes: one row per product, written in the transaction of its change. */
export function openShop(path: string): DatabaseSyncInstance {
  const shop = new DatabaseSync(path);
  const note = `INSERT INTO changes (sku) VALUES`;
  shop.exec(`
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS products (
      sku TEXT PRIMARY KEY, name TEXT NOT NULL, category TEXT NOT NULL, price REAL NOT NULL, photo BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS changes (id INTEGER PRIMARY KEY AUTOINCREMENT, sku TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS refused (sku TEXT PRIMARY KEY, code TEXT NOT NULL, reason TEXT NOT NULL);
    CREATE TRIGGER IF NOT EXISTS added AFTER INSERT ON products BEGIN ${note} (new.sku); END;
    CREATE TRIGGER IF NOT EXISTS removed AFTER DELETE ON products BEGIN ${note} (old.sku); END;
    CREATE TRIGGER IF NOT EXISTS edited AFTER UPDATE ON products BEGIN ${note} (old.sku); ${note} (new.sku); END;`);
  return shop;
}

/** Makes the item of a product what the table says now: later changes of a product include those before. */
async function send(shop: DatabaseSyncInstance, client: SnapshelfClient, sku: string): Promise<void> {
  const row = shop.prepare('SELECT name, category, price, photo FROM products WHERE sku = ?').get(sku);
  if (row === undefined) {
    await client.deleteItem('shop', sku).catch((error: unknown) => {
      if (!(error instanceof ProblemError && error.code === 'item-not-found')) throw error;
    });
    return;
  }
  const { name, category, price, photo } = row as {
    name: string;
    category: string;
    price: number;
    photo: Uint8Array;
  };
  await client.putItem('shop', sku, { image: photo, label: category, metadata: { name, price } });
}

/**
 * Sends all changes that wait. A product that the server refuses, as one without a readable photo, is put aside with the reason;
 * any other error ends the round, and the changes stay for the next one.
 */
export async function sync(shop: DatabaseSyncInstance, client: SnapshelfClient): Promise<number> {
  const waiting = shop.prepare('SELECT sku, max(id) AS id FROM changes GROUP BY sku ORDER BY max(id)').all();
  for (const { sku, id } of waiting as { sku: string; id: number }[]) {
    shop.prepare('DELETE FROM refused WHERE sku = ?').run(sku);
    try {
      await send(shop, client, sku);
    } catch (error) {
      if (!(error instanceof ProblemError && [400, 413, 415, 422].includes(error.status))) throw error;
      const { code, message } = error;
      shop.prepare('INSERT OR REPLACE INTO refused VALUES (?, ?, ?)').run(sku, code, message);
    }
    // A change that came in the meantime has a greater id, and stays.
    shop.prepare('DELETE FROM changes WHERE sku = ? AND id <= ?').run(sku, id);
  }
  return waiting.length;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , path = 'shop.sqlite', url = 'http://127.0.0.1:3000'] = process.argv;
  const shop = openShop(path);
  const client = new SnapshelfClient(url, { key: process.env['SNAPSHELF_KEY'] });
  for (;;) {
    const sent = await sync(shop, client).catch((error: Error) =>
      console.error(`${error.message} Trying again.`),
    );
    if (!sent) await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}
