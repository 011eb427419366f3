// slow: starts processes
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Evaluations } from '../../../src/server/index.ts';
import { temporaryFolder } from '../../gallery/support/gallery.ts';
import { repositoryRoot } from '../../support/repository.ts';

const minute = (at: number): string => new Date(Date.UTC(2026, 0, 1, 0, at)).toISOString();

/** A `job.json` as the release before this format wrote it (commit 447a4fb). */
const oldJob = (id: string, rest: object = {}): object => ({
  id,
  collection: 'shop',
  request: { ks: [1, 5], query: { field: 'split', equals: 'query' } },
  state: 'cancelled',
  progress: null,
  createdAt: minute(0),
  ...rest,
});

/** A `job.json` as it is now. */
const newJob = (id: string, rest: object = {}): object => ({
  formatVersion: 2,
  id,
  collection: 'shop',
  state: 'cancelled',
  progress: null,
  request: { ks: [1] },
  createdAt: minute(0),
  ...rest,
});

function write(data: string, id: string, job: object | string): void {
  const folder = join(data, 'evaluations', id);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'job.json'), typeof job === 'string' ? job : `${JSON.stringify(job)}\n`);
}

interface Opened {
  readonly evaluations: Evaluations;
  /** What the log said. */
  readonly said: string[];
}

/** Open, with no process to run what waits. */
async function open(data: string, options: object = {}): Promise<Opened> {
  const said: string[] = [];
  const say = (message: string, fields: object = {}): void => {
    said.push(`${message} ${JSON.stringify(fields)}`);
  };
  const log = { debug: say, info: say, warn: say, error: say };
  const evaluations = await Evaluations.open(data, { log, concurrency: 0, keptDays: 1e6, ...options });
  return { evaluations, said };
}

const idsOf = ({ evaluations }: Opened): string[] => evaluations.list('shop').map(({ id }) => id);

test('a job is small on disk and in memory; its filters and its manifest have files of their own', async (t) => {
  const data = await temporaryFolder(t);
  const { evaluations } = await open(data);
  const query = { field: 'label', in: Array(900).fill('x'.repeat(100)) };
  const manifest = { bytes: Buffer.from(JSON.stringify([{ id: 'a', split: 'query' }])), entries: 1 };
  const job = await evaluations.start('shop', { ks: [1], query }, manifest);
  assert.deepEqual(job.request, { ks: [1], manifestEntries: 1 });
  assert.deepEqual(await evaluations.requestOf('shop', job.id), { ks: [1], query });
  const folder = join(data, 'evaluations', job.id);
  assert.ok(statSync(join(folder, 'job.json')).size < 500);
  assert.deepEqual(readdirSync(folder).sort(), ['job.json', 'manifest.json', 'request.json']);
  const again = await open(data);
  assert.deepEqual(again.evaluations.get('shop', job.id), job);
  assert.deepEqual(await again.evaluations.requestOf('shop', job.id), { ks: [1], query });
  await again.evaluations.cancel('shop', job.id);
  assert.deepEqual(readdirSync(folder).sort(), ['job.json', 'request.json']);
});

test('an evaluation that is being accepted while its collection goes is none of the next one of that name', async (t) => {
  const data = await temporaryFolder(t);
  const { evaluations } = await open(data);
  const before = evaluations.removalsOf('shop');
  const accepted = evaluations.start('shop', { ks: [1] });
  const outcome = assert.rejects(accepted, { code: 'collection-not-found' });
  await evaluations.removeAll('shop');
  await outcome;
  await assert.rejects(evaluations.start('shop', { ks: [1] }, undefined, before), {
    code: 'collection-not-found',
  });
  await evaluations.removeAll('shop', async () => {
    await evaluations.start('shop', { ks: [1] });
  });
  assert.deepEqual(evaluations.list('shop'), []);
  assert.deepEqual(readdirSync(join(data, 'evaluations')), []);
  await evaluations.start('shop', { ks: [1] });
  assert.equal(evaluations.list('shop').length, 1);
});

test('a job of an earlier release is taken over, its manifest apart', async (t) => {
  const data = await temporaryFolder(t);
  const id = randomUUID();
  const manifest = Array.from({ length: 5000 }, (_, at) => ({
    id: `item-${at}`,
    split: 'query',
    label: 'é',
  }));
  write(
    data,
    id,
    oldJob(id, {
      state: 'running',
      request: { seed: 3, manifest },
      progress: { stage: 'x', done: 1, total: 2 },
    }),
  );
  const error = {
    ...{ type: 'urn:snapshelf:error:source-invalid', title: 'x', status: 400, code: 'source-invalid' },
    ...{ detail: 'The file /srv/data/x.sqlite is damaged.', file: '/srv/data/x.sqlite' },
  };
  const failed = randomUUID();
  write(data, failed, oldJob(failed, { state: 'failed', error, createdAt: minute(1) }));
  for (let round = 0; round < 2; round += 1) {
    const { evaluations, said } = await open(data);
    assert.deepEqual(said, []);
    const [second, first] = evaluations.list('shop');
    assert.deepEqual(
      [first?.id, first?.state, first?.request],
      [id, 'queued', { seed: 3, manifestEntries: 5000 }],
    );
    assert.deepEqual([second?.id, second?.state], [failed, 'failed']);
    assert.ok(second?.state === 'failed');
    assert.equal(second.error?.detail, 'The file x.sqlite is damaged.');
    assert.ok(!JSON.stringify(second).includes('/srv'));
    assert.deepEqual((await evaluations.requestOf('shop', failed)).query, {
      field: 'split',
      equals: 'query',
    });
  }
  const folder = join(data, 'evaluations', id);
  assert.ok(statSync(join(folder, 'job.json')).size < 500);
  assert.deepEqual(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')), manifest);
});

const invalid: Readonly<Record<string, (id: string) => object | string>> = {
  'no JSON': () => '{"id":',
  'an empty file': () => '',
  'another id': () => newJob(randomUUID()),
  'another id, old': () => oldJob(randomUUID()),
  'no collection name': (id) => newJob(id, { collection: '../shop' }),
  'an unknown field': (id) => newJob(id, { path: '/etc/passwd' }),
  'an unknown option': (id) => newJob(id, { request: { report: '/etc/passwd' } }),
  'an unknown state': (id) => newJob(id, { state: 'over' }),
  'a time that is none': (id) => newJob(id, { createdAt: 'soon' }),
  'a progress that is none': (id) => newJob(id, { progress: { stage: {}, done: 'x', total: 1 } }),
  'figures that are none': (id) => newJob(id, { figures: { cosine: { recall: 'high' } } }),
  'a later version': (id) => newJob(id, { formatVersion: 3 }),
  'much of it': (id) => newJob(id, { error: { detail: 'x'.repeat(100_000) } }),
  'a bomb': (id) => `{"id":"${id}","request":{"manifest":[${'{},'.repeat(900_000)}{}]}}`,
  'a depth': (id) => `{"id":"${id}","request":${'['.repeat(100_000)}`,
  'a prototype': (id) => JSON.stringify(newJob(id)).replace('"progress"', '"__proto__":{},"progress"'),
};
test('what is damaged is named in the log and left where it is; the others are served', async (t) => {
  const data = await temporaryFolder(t);
  const good = randomUUID();
  write(data, good, newJob(good));
  const bad = new Map(Object.entries(invalid).map(([what, make]) => [randomUUID(), [what, make] as const]));
  for (const [id, [, make]] of bad) write(data, id, make(id));
  const opened = await open(data);
  assert.deepEqual(idsOf(opened), [good]);
  for (const [id, [what]] of bad) {
    assert.ok(
      opened.said.some((line) => line.includes(id)),
      `${what} is not named`,
    );
    assert.ok(existsSync(join(data, 'evaluations', id, 'job.json')), what);
  }
  assert.equal(opened.said.length, bad.size);
  assert.ok(opened.said.every((line) => line.length < 3000));
});

const beyond: Readonly<Record<string, (id: string) => object>> = {
  'an option that is none': (id) => oldJob(id, { request: { ks: [0] } }),
  'a label that waits': (id) =>
    oldJob(id, {
      state: 'queued',
      request: { manifest: [{ id: 'a', split: 'query', label: 'x'.repeat(513) }] },
    }),
  'an empty manifest that waits': (id) => oldJob(id, { state: 'running', request: { manifest: [] } }),
  'a manifest of a million': (id) =>
    oldJob(id, { state: 'queued', request: { manifest: Array(1e6).fill({}) } }),
};
test('what an earlier release took and this one does not has failed: small, listed, to be removed', async (t) => {
  const data = await temporaryFolder(t);
  const ids = Object.values(beyond).map((make) => {
    const id = randomUUID();
    write(data, id, make(id));
    return id;
  });
  const sparse = randomUUID();
  write(data, sparse, oldJob(sparse));
  truncateSync(join(data, 'evaluations', sparse, 'job.json'), 100e6);
  const first = await open(data);
  assert.equal(first.said.length, 5);
  const { evaluations, said } = await open(data);
  assert.deepEqual(said, [], 'it is not read again');
  for (const id of [...ids, sparse]) {
    assert.equal(evaluations.get('shop', id).state, 'failed');
    assert.ok(statSync(join(data, 'evaluations', id, 'job.json')).size < 1000);
    await evaluations.cancel('shop', id);
  }
  assert.deepEqual(readdirSync(join(data, 'evaluations')), []);
});

test('one that is done keeps its report, whatever its manifest was', async (t) => {
  const data = await temporaryFolder(t);
  const id = randomUUID();
  const query = { field: 'label', equals: '"manifest":[' };
  const manifest = [{ id: ']"\\', split: 'query', label: 'x'.repeat(600) }, ...Array(300_000).fill({})];
  write(
    data,
    id,
    oldJob(id, { state: 'done', request: { query, manifest }, figures: { l2: { recall: 1 } } }),
  );
  writeFileSync(join(data, 'evaluations', id, 'report.json'), 'the report');
  const { evaluations, said } = await open(data);
  assert.deepEqual(said, []);
  const job = evaluations.get('shop', id);
  assert.deepEqual(job.state === 'done' && job.figures, { l2: { recall: 1 } });
  assert.deepEqual((await evaluations.requestOf('shop', id)).query, query);
  assert.equal(readFileSync(evaluations.reportOf('shop', id), 'utf8'), 'the report');
  assert.ok(statSync(join(data, 'evaluations', id, 'job.json')).size < 1000);
});

test('a job.json larger than any is not read', async (t) => {
  const data = await temporaryFolder(t);
  const id = randomUUID();
  write(data, id, '{"id":5}');
  truncateSync(join(data, 'evaluations', id, 'job.json'), 100e6);
  const { said } = await open(data);
  assert.match(said.join(), /Its job\.json has 100000000 bytes/);
});

test('what is no evaluation is left alone; what a crash left of a start goes', async (t) => {
  const data = await temporaryFolder(t);
  const [left, foreign] = [randomUUID(), randomUUID()];
  const folder = join(data, 'evaluations');
  for (const [id, name] of [
    [left, 'request.json'],
    [left, '.job.json.1.tmp'],
    [foreign, 'notes.txt'],
    ['..x', 'job.json'],
  ] as const) {
    mkdirSync(join(folder, id), { recursive: true });
    writeFileSync(join(folder, id, name), '{}');
  }
  writeFileSync(join(folder, 'file'), '');
  assert.deepEqual(idsOf(await open(data)), []);
  assert.deepEqual(readdirSync(folder).sort(), ['..x', 'file', foreign].sort());
});

test('of those that are over, the newest are kept, the others go and are counted in the log', async (t) => {
  const data = await temporaryFolder(t);
  const ids = Array.from({ length: 8 }, () => randomUUID());
  for (const [at, id] of ids.entries())
    write(data, id, newJob(id, { createdAt: minute(at), state: at === 1 ? 'queued' : 'done' }));
  const opened = await open(data, { kept: 3 });
  assert.deepEqual(idsOf(opened), [ids[7], ids[6], ids[5], ids[1]]);
  assert.deepEqual(readdirSync(join(data, 'evaluations')).sort(), idsOf(opened).sort());
  assert.deepEqual(opened.said, ['old evaluations were removed {"removed":4,"kept":3}']);
  // Cancelled, the one that waited is over, and the oldest of all.
  await opened.evaluations.cancel('shop', ids[1] ?? '');
  assert.deepEqual(idsOf(opened), [ids[7], ids[6], ids[5]]);
  assert.deepEqual(idsOf(await open(data, { kept: 3 })), [ids[7], ids[6], ids[5]]);
});

test('those that are over go when they are too old', async (t) => {
  const data = await temporaryFolder(t);
  const day = 24 * 60 * 60 * 1000;
  const ids = [29, 31].map((days) => {
    const id = randomUUID();
    write(data, id, newJob(id, { createdAt: new Date(Date.now() - days * day).toISOString() }));
    return id;
  });
  const evaluations = await Evaluations.open(data);
  assert.deepEqual(
    evaluations.list('shop').map(({ id }) => id),
    [ids[0]],
  );
  await evaluations.close();
});

test('large manifests of an earlier release are taken over one at a time, in little memory', {
  timeout: 120_000,
}, async (t) => {
  const data = await temporaryFolder(t);
  const manifest = Array.from({ length: 60_000 }, (_, at) => ({
    id: `${at}`,
    split: 'query',
    label: 'x'.repeat(450),
  }));
  for (let at = 0; at < 3; at += 1) {
    const id = randomUUID();
    write(data, id, oldJob(id, { request: { manifest } }));
    const label = randomUUID();
    const long = [{ id: 'a', split: 'query', label: 'x'.repeat(31e6) }];
    write(data, label, oldJob(label, { request: { manifest: long } }));
  }
  const module = pathToFileURL(join(repositoryRoot, 'dist/src/server/index.js')).href;
  const code = `
    const { Evaluations } = await import(${JSON.stringify(module)});
    const opened = await Evaluations.open(${JSON.stringify(data)}, { keptDays: 1e6 });
    console.log(opened.list('shop').length);`;
  const flags = ['--max-old-space-size=200', '--input-type=module', '-e', code];
  const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  const [status] = await once(child, 'close');
  assert.deepEqual([status, out], [0, '6\n']);
});
