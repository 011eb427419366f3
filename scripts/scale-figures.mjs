// Measures what collections of growing size take in an engine, and writes it to src/sizing/figures.ts, which `snapshelf plan` is
// fitted to: memory, disk, processor time of the import with its index, and of a search. The last size is the check: four times as
// many items as the largest that is fitted. Needs a build, and Linux; Postgres' programs in SNAPSHELF_POSTGRES_BIN, Weaviate's server
// as weaviate-cluster.mjs does.
//
//   node scripts/scale-figures.mjs embedded|postgres|weaviate [--sizes 10000x256,...]
//
// Processor times, because other work on the machine distorts any other. Memory: of the embedded engine what its process holds more
// than before it was opened; of Weaviate what its heap grows to, twice what is alive in it; of Postgres its tables and indexes, which
// have to be in memory for such times. Processes are started anew before their memory is read.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openEngine } from '../dist/src/engines/index.js';

const sizes = {
  embedded: '10000x256,20000x128,20000x512,40000x256,160000x256',
  postgres: '10000x256,20000x128,20000x512,40000x256,160000x256',
  weaviate: '2500x256,5000x128,5000x512,10000x256,40000x256',
};
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sizes: { type: 'string' },
    // A process of its own for each step: what to do, FOLDER, URL or nothing, items, dimension, the process that searches.
    step: { type: 'string' },
  },
});
const modelId = 'a'.repeat(64);
const name = 'scale';
const scripts = import.meta.dirname;

/** Unit vectors around centres, thirty to each, always the same. */
let seed = 1;
const draw = () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32 - 0.5;
};
function vectorOf(at, count, dimension) {
  seed = at % Math.ceil(count / 30);
  const centre = Float32Array.from({ length: dimension }, draw);
  seed = 1_000_003 + at;
  return centre.map((value) => value + 0.6 * draw());
}

const spent = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};
/** Hundredths of a second, as fields of /proc/PID/stat behind the name have them. */
const ticksOf = (pid, ...fields) => {
  try {
    const all = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return fields.reduce((sum, field) => sum + Number(all[field]), 0);
  } catch {
    // It has ended: its parent has it in its own sum.
    return 0;
  }
};
/** Microseconds that a process and those that it started have computed. */
function spentBy(pid) {
  const children = readdirSync('/proc').filter(
    (other) => /^\d+$/.test(other) && ticksOf(other, 1) === Number(pid),
  );
  const own = ticksOf(pid, 11, 12, 13, 14);
  return 10_000 * children.reduce((sum, child) => sum + ticksOf(child, 11, 12, 13, 14), own);
}
const isUp = (pid) => {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
};
const memoryOf = (pid) =>
  1024 * Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
/** What is alive in the heap of node 1 of Weaviate, after it was collected twice: finalizers free more after the first time. */
async function aliveInWeaviate() {
  let text = '';
  for (let times = 0; times < 2; times += 1)
    text = await (
      await fetch('http://127.0.0.1:6061/debug/pprof/heap?gc=1&debug=1', { headers: { connection: 'close' } })
    ).text();
  return Number(/^# HeapAlloc = (\d+)$/m.exec(text)[1]);
}
const sizeOf = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + 512 * statSync(join(entry.parentPath, entry.name)).blocks, 0);

/** Waits until the index holds everything and searches take it. */
async function settle(engine, count, dimension) {
  for (;;) {
    const { index } = await engine.info(name);
    if (index.state !== 'building') {
      const { searched } = await engine.search(name, vectorOf(1, count, dimension), { k: 10, group: 'item' });
      if (searched.kind === 'hnsw') return;
    }
    await sleep(100);
  }
}

/** Imports, and waits for the index. Returns microseconds of this process. */
async function build(engine, count, dimension) {
  await engine.create({ name, modelId, modelName: 'drawn', dimension, metric: 'cosine' });
  let micros = 0;
  for (let at = 0; at < count; at += 500) {
    const items = Array.from({ length: Math.min(500, count - at) }, (_, i) => ({
      id: `item-${at + i}`,
      productId: `product-${(at + i) >> 1}`,
      vector: vectorOf(at + i, count, dimension),
      imageHash: '',
      metadata: { price: (at + i) % 1000, colour: `colour ${(at + i) % 12}` },
    }));
    const before = spent();
    await engine.upsert(name, modelId, items);
    micros += spent() - before;
  }
  const before = spent();
  await settle(engine, count, dimension);
  return micros + spent() - before;
}

/** Searches in rounds. Returns microseconds of a search in the round with the fewest, of this process and of another. */
async function search(engine, count, dimension, other) {
  await settle(engine, count, dimension);
  const rounds = [];
  const otherSpent = () => (other === undefined ? 0 : spentBy(other));
  for (let round = 0; round < 5; round += 1) {
    const queries = Array.from({ length: 200 }, (_, i) =>
      vectorOf((round * 200 + i) * 13, count, dimension).map((value) => value + 0.1 * draw()),
    );
    const before = [spent(), otherSpent()];
    for (const vector of queries) {
      const { searched } = await engine.search(name, vector, { k: 10, group: 'item' });
      if (searched.kind !== 'hnsw') throw new Error(`A search was ${searched.kind}.`);
    }
    rounds.push({ own: (spent() - before[0]) / 200, other: (otherSpent() - before[1]) / 200 });
  }
  return rounds.sort((a, b) => a.own + a.other - b.own - b.other)[0];
}

/** One step in a process of its own; prints its answer as JSON. */
async function step([what, folder, url, count, dimension, pid]) {
  globalThis.gc();
  const before = memoryOf('self');
  const engine = await openEngine(folder, url === '' ? {} : { engine: url });
  const size = [Number(count), Number(dimension)];
  if (what === 'build') console.log(JSON.stringify({ own: await build(engine, ...size) }));
  else {
    const micros = await search(engine, ...size, pid);
    globalThis.gc();
    const { memory } = await engine.info(name);
    console.log(JSON.stringify({ ...micros, memory: memoryOf('self') - before, parts: memory }));
  }
  await engine.close();
}

function node(...given) {
  const { status, stdout, stderr } = spawnSync(process.execPath, given, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${given.join(' ')}: ${stderr}`);
  return stdout.trim();
}
const inProcess = (...given) =>
  JSON.parse(node('--expose-gc', join(scripts, 'scale-figures.mjs'), '--step', JSON.stringify(given)));

async function embedded(folder, items, dimension) {
  const data = join(folder, 'data');
  const built = inProcess('build', data, '', items, dimension);
  const searched = inProcess('search', data, '', items, dimension);
  return {
    memoryBytes: searched.memory,
    diskBytes: sizeOf(data),
    buildSeconds: built.own / 1e6,
    queryMicros: searched.own,
    serverMicros: 0,
    parts: searched.parts,
  };
}

async function postgres(folder, items, dimension) {
  const { startPostgres } = await import('../dist/test/engine/support/postgres-server.js');
  const server = await startPostgres({ shared_buffers: '512MB', max_wal_size: '4GB' });
  try {
    const [pid] = readFileSync(join(server.folder, 'data', 'postmaster.pid'), 'utf8').split('\n');
    const data = join(folder, 'data');
    const before = spentBy(pid);
    const built = inProcess('build', data, server.url('scale'), items, dimension);
    const buildSeconds = (spentBy(pid) - before + built.own) / 1e6;
    const searched = inProcess('search', data, server.url('scale'), items, dimension, pid);
    const { default: pg } = await import('pg');
    const client = new pg.Client({ host: server.folder, user: 'shop', database: 'postgres' });
    await client.connect();
    const { rows } = await client.query(
      `SELECT sum(pg_total_relation_size(oid))::float8 AS bytes FROM pg_class
       WHERE relkind IN ('r', 'm') AND relnamespace = 'scale'::regnamespace`,
    );
    await client.end();
    const [{ bytes }] = rows;
    return {
      memoryBytes: bytes,
      diskBytes: bytes,
      buildSeconds,
      queryMicros: searched.other,
      serverMicros: searched.own,
    };
  } finally {
    await server.stop();
  }
}

async function weaviate(folder, items, dimension) {
  process.env.DEBUG_ENDPOINTS_ENABLED = 'true';
  const cluster = (verb, ...given) =>
    node(join(scripts, 'weaviate-cluster.mjs'), verb, ...given, '--folder', folder);
  const url = cluster('start', '--nodes', '1');
  const pidOf = () => JSON.parse(readFileSync(join(folder, 'cluster.json'), 'utf8')).pids[1];
  try {
    const pid = pidOf();
    const empty = await aliveInWeaviate();
    const data = join(folder, 'data');
    const before = spentBy(pid);
    const built = inProcess('build', data, url, items, dimension);
    const buildSeconds = (spentBy(pid) - before + built.own) / 1e6;
    // As an operator stops it: what it has in memory to be written is written, and is not there after the start.
    process.kill(pid, 'SIGTERM');
    while (isUp(pid)) await sleep(200);
    cluster('revive', '1');
    const searched = inProcess('search', data, url, items, dimension, pidOf());
    return {
      memoryBytes: 2 * ((await aliveInWeaviate()) - empty),
      diskBytes: sizeOf(join(folder, 'node1')),
      buildSeconds,
      queryMicros: searched.other,
      serverMicros: searched.own,
      resident: memoryOf(pidOf()),
    };
  } finally {
    cluster('stop');
  }
}

/** Writes the points of an engine into src/sizing/figures.ts, a line each. */
function save(engine, points) {
  const path = join(scripts, '..', 'src', 'sizing', 'figures.ts');
  const text = readFileSync(path, 'utf8');
  const begin = `    // ${engine}: written by scripts/scale-figures.mjs\n`;
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf('    // end\n', from);
  if (from < begin.length || to < 0) throw new Error(`${path} has no place for the figures of ${engine}.`);
  const lines = points.map((point) => `      [${point.join(', ')}],\n`).join('');
  writeFileSync(path, text.slice(0, from) + lines + text.slice(to));
}

if (values.step !== undefined) await step(JSON.parse(values.step));
else {
  const [engine] = positionals;
  const measure = { embedded, postgres, weaviate }[engine];
  if (measure === undefined) throw new Error('Name an engine: embedded, postgres or weaviate.');
  console.log(`${engine} on ${cpus()[0].model.trim()}`);
  const points = [];
  for (const size of (values.sizes ?? sizes[engine]).split(',')) {
    const [items, dimension] = size.split('x').map(Number);
    const folder = mkdtempSync(join(tmpdir(), 'scale-'));
    const point = await measure(folder, items, dimension);
    rmSync(folder, { recursive: true, force: true });
    console.log(JSON.stringify({ items, dimension, ...point }));
    points.push([
      items,
      dimension,
      Math.round(point.memoryBytes),
      Math.round(point.diskBytes),
      Number(point.buildSeconds.toFixed(2)),
      Math.round(point.queryMicros),
      Math.round(point.serverMicros),
    ]);
  }
  save(engine, points);
}
