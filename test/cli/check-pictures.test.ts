// slow: starts an S3 server, and a Postgres server
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { newReference } from '../../src/engine/index.ts';
import { S3Store } from '../../src/engines/pictures/s3-store.ts';
import { type PostgresServer, startPostgres, withoutPostgres } from '../engine/support/postgres-server.ts';
import { type S3Server, startS3, withoutS3 } from '../engines/pictures/support/s3-server.ts';
import type { CliResult } from '../support/cli.ts';
import { stripes } from '../support/pictures.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const pictures = 6;
const hour = 3600;

describe('pictures in a bucket', { skip: withoutS3 }, () => {
  let folder: string;
  let server: S3Server;
  let store: S3Store;
  let postgres: PostgresServer | undefined;
  let run: (...args: readonly string[]) => Promise<CliResult>;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'snapshelf-bucket-'));
    mkdirSync(join(folder, 'photos'));
    for (let i = 0; i < pictures; i += 1)
      writeFileSync(join(folder, 'photos', `${i}.png`), await stripes(60 * i, 4));
    await writeTinyModel(join(folder, 'tiny.onnx'));
    server = await startS3();
    // Commands have the environment of the moment in which they are loaded.
    Object.assign(process.env, server.environment);
    run = (await import('../support/cli.ts')).snapshelf;
    if (withoutPostgres === false) postgres = await startPostgres();
  });
  after(async () => {
    store?.close();
    await postgres?.stop();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Puts an object that no item names into the folder of the collection. Returns the path of its file. */
  async function putOrphan(prefix: string, text: string): Promise<string> {
    const [own = ''] = readdirSync(join(server.folder, 'shop', prefix));
    const { key, sha256 } = newReference('shop', own, Buffer.from(text));
    await store.put(key, Buffer.from(text), { sha256, mediaType: 'image/png', itemId: '0.png' });
    return join(server.folder, 'shop', prefix, key);
  }

  for (const [name, isPostgres] of [
    ['a data folder', false],
    ['Postgres', true],
  ] as const)
    test(`are checked beside ${name}: what no item names is counted, and removed when it is old`, {
      skip: isPostgres && withoutPostgres,
    }, async () => {
      const prefix = isPostgres ? 'rows' : 'files';
      const url = `s3://shop/${prefix}`;
      store = await S3Store.open(url, server.environment);
      const engine = isPostgres ? ['--engine', postgres?.url('snapshelf') ?? ''] : [];
      const place = ['--data', join(folder, prefix), ...engine, '--picture-store', url];
      const photos = join(folder, 'photos');
      const collection = ['--collection', 'shop'];
      const indexed = await run(
        'index',
        photos,
        ...place,
        ...collection,
        '--model',
        join(folder, 'tiny.onnx'),
      );
      assert.equal(indexed.code, 0, indexed.stderr);
      const clean = await run('check', ...place);
      assert.equal(clean.code, 0, clean.stderr);
      assert.match(clean.stdout, /shop: 6 pictures in the picture store; no object of no item\n/);
      assert.equal(/The engine postgres leaves nothing behind/.test(clean.stdout), isPostgres);

      const [old, young] = [await putOrphan(prefix, 'interrupted'), await putOrphan(prefix, 'under way')];
      const before = Date.now() / 1000 - 2 * hour;
      utimesSync(old, before, before);
      const counted = await run('check', ...place);
      assert.match(counted.stdout, /; 1 object of no item \(11 bytes\): a repair removes them\n/);
      assert.deepEqual([counted.code, existsSync(old)], [0, true]);
      const repaired = await run('check', ...place, '--repair');
      assert.match(repaired.stdout, /; removed 1 object of no item \(11 bytes\)\n/);
      assert.deepEqual(
        [repaired.code, existsSync(old), existsSync(young)],
        [2, false, true],
        repaired.stderr,
      );

      const { stdout, code } = await run('check', ...place, '--json');
      const read = JSON.parse(stdout);
      assert.deepEqual([code, read.pictures[0].pictures, read.pictures[0].orphans], [0, pictures, 0]);
      assert.deepEqual(read.stores, isPostgres ? [] : undefined);

      for (const args of [
        ['snapshot', ...place, ...collection, '--out', join(folder, 'file')],
        ['backup', ...place, '--out', join(folder, 'file')],
        ['restore', join(folder, 'file'), ...place, '--collection', 'restored'],
      ]) {
        const refused = await run(...args);
        assert.deepEqual([refused.code, existsSync(join(folder, 'file'))], [1, false]);
        assert.match(refused.stderr, /^error: [^\n]* a data folder that [^\n]*\. \[engine-cannot\]\n$/m);
      }

      rmSync(young);
      for (const path of readdirSync(join(server.folder, 'shop', prefix), { recursive: true }).map(String))
        if (/[0-9a-f]{64}/.test(path)) {
          rmSync(join(server.folder, 'shop', prefix, path));
          break;
        }
      const lacking = await run('check', ...place);
      assert.equal(lacking.code, 1, lacking.stderr);
      assert.match(lacking.stdout, /the picture of "\d\.png" is missing: add the item again/);
    });
});
