// slow: starts a Postgres server and processes
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type CollectionInfo, MemoryRecords } from '../../src/engine/index.ts';
import { SnapshelfError } from '../../src/errors.ts';
import { importTogether } from '../../src/retrieval/import-together.ts';
import { type ImportReport, Retriever } from '../../src/retrieval/index.ts';
import { type PostgresServer, startPostgres, withoutPostgres } from '../engine/support/postgres-server.ts';
import { stripes } from '../support/pictures.ts';
import { writeTinyModel } from '../support/tiny-model.ts';
import { endImports, startImport } from './start-import.ts';

const leaseMs = 3000;
/** Two parts, of which one has a file that is no picture. */
const files = 260;
const bad = '7.png';

describe('an import that several processes do together', { skip: withoutPostgres }, () => {
  let folder: string;
  let source: string;
  let postgres: PostgresServer;
  let own: Retriever;
  let options: Omit<Parameters<typeof startImport>[0], 'collection' | 'data'>;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'snapshelf-together-'));
    source = join(folder, 'photos');
    mkdirSync(source);
    const pictures = await Promise.all(Array.from({ length: 12 }, (_, at) => stripes(30 * at, 4)));
    for (let i = 0; i < files; i += 1)
      writeFileSync(join(source, `${i}.png`), `${i}.png` === bad ? 'no picture' : (pictures[i % 12] ?? ''));
    const model = join(folder, 'tiny.onnx');
    await writeTinyModel(model);
    postgres = await startPostgres();
    const engine = postgres.url('snapshelf');
    own = await Retriever.open(join(folder, 'own'), { engine, model });
    options = { engine, model, source, job: 'spring', leaseMs };
  });
  after(async () => {
    endImports();
    await own.close();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Starts a process with a data folder of its own. */
  const start = (collection: string, name: string, halt?: 'before' | 'after') =>
    startImport({ ...options, collection, data: join(folder, name), ...(halt && { halt }) });

  const sequencesOf = async (collection: string, ids: readonly string[]): Promise<number[]> =>
    Promise.all(ids.map(async (id) => (await own.gallery.get(collection, id)).sequence));

  test('goes on without one that was killed amid a part: none is lost, none is stored twice, a bad one is told', async () => {
    await own.createCollection('killed');
    const killed = start('killed', 'a', 'after');
    const acknowledged = await killed.halted;
    assert.ok(acknowledged.length > 0);
    const before = await sequencesOf('killed', acknowledged);
    killed.send('SIGKILL');
    await killed.ended;
    const { added, unchanged, failures } = await start('killed', 'b').counts;
    assert.equal(added + unchanged, files - 1);
    assert.ok(unchanged >= acknowledged.length, `${unchanged}`);
    assert.deepEqual(failures, [[bad, 'image-unsupported']]);
    assert.deepEqual(await sequencesOf('killed', acknowledged), before);
    const { items, sequence } = await own.gallery.info('killed');
    assert.deepEqual([items, sequence], [files - 1, files - 1], 'each was written once');
  });

  test('one that stood still writes nothing once its part is another’s', async () => {
    await own.createCollection('paused');
    const paused = start('paused', 'c', 'before');
    const wanted = await paused.halted;
    paused.send('SIGSTOP');
    const { added, unchanged, failures } = await start('paused', 'd').counts;
    assert.deepEqual([added + unchanged, failures.length], [files - 1, 1]);
    // What has happened to the items since must stay.
    const [gone = '', changed = ''] = wanted;
    await own.delete('paused', { ids: [gone] });
    await own.update('paused', [{ id: changed, label: 'sold' }]);
    const before = await own.gallery.info('paused');
    paused.send('SIGCONT');
    paused.goOn();
    assert.deepEqual(await paused.counts, { added, unchanged, failures });
    await paused.ended;
    const now = await own.gallery.info('paused');
    assert.deepEqual([now.items, now.sequence], [before.items, before.sequence]);
    await assert.rejects(own.gallery.get('paused', gone), { code: 'item-not-found' });
    assert.equal((await own.gallery.get('paused', changed)).label, 'sold');
  });

  test('a collection that is dropped takes along what its imports have kept', async () => {
    const { records } = own.gallery;
    assert.ok(records);
    assert.notEqual((await records.list('imports/killed')).length, 0);
    assert.notEqual((await records.list('imports/paused')).length, 0);
    const { code, stderr } = await drop('killed');
    assert.equal(code, 0, stderr);
    assert.equal((await records.list('imports/killed')).length, 0);
    assert.notEqual((await records.list('imports/paused')).length, 0);
  });

  async function drop(name: string) {
    const { snapshelf } = await import('../support/cli.ts');
    return snapshelf('drop', '--data', join(folder, 'own'), '--engine', options.engine, '--collection', name);
  }
});

describe('a part of an import', () => {
  const info = { name: 'shop', createdAt: '2026-01-01T00:00:00.000Z' } as CollectionInfo;
  const samples = [{ id: 'a', path: 'a.png' }];
  const named = { count: 0, first: [] };
  const report: ImportReport = {
    added: 1,
    unchanged: 0,
    replaced: named,
    updated: named,
    removed: named,
    failed: [],
    widened: [],
  };

  test('is given up when it has ended five processes', async () => {
    const records = new MemoryRecords();
    await records.write('imports/shop/spring/0.begun', '5');
    const { added, failed } = await importTogether(records, info, samples, async () => report, {
      job: 'spring',
    });
    assert.deepEqual([added, failed.map(({ id, error }) => [id, error.code])], [0, [['a', 'worker-died']]]);
  });

  test('is not given up for interruptions, and for an engine that was away, however many', async () => {
    const records = new MemoryRecords();
    let tries = 0;
    const importPart = async (): Promise<ImportReport> => {
      tries += 1;
      if (tries < 8) throw new SnapshelfError('engine-unavailable', 'It is away. Try again.');
      return report;
    };
    const begin = () => importTogether(records, info, samples, importPart, { job: 'spring' });
    for (let i = 1; i < 8; i += 1) await assert.rejects(begin(), { code: 'engine-unavailable' });
    assert.deepEqual([(await begin()).added, tries], [1, 8]);
  });
});
