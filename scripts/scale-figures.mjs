// Measures what collections of growing size take in an engine, and writes it to src/sizing/figures.ts, which `snapshelf plan` is
// fitted to: memory, disk, processor time of the import with its index, and of a search. The last size is the check: four times as
// many items as the largest that is fitted. Needs a build; for Weaviate its server (see weaviate-cluster.mjs) and Linux.
//
//   node scripts/scale-figures.mjs embedded
//   node scripts/scale-figures.mjs weaviate
//
// Processor times, because other work on the machine distorts any other.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openEngine } from '../dist/src/engines/index.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sizes: { type: 'string', default: '10000x128,5000x512,10000x512,20000x128,20000x512,80000x256' },
    // A process of its own for each step: FOLDER, URL or nothing, items, dimension.
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
/** Microseconds that a process has computed: the 14th and 15th field, in hundredths of a second. */
const spentBy = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
};
const memoryOf = (pid) =>
  1024 * Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
/** The heap at which Weaviate's collector runs next, twice what was alive when it last ran: that much memory has to be there. */
async function heapOfWeaviate() {
  const answer = await fetch('http://127.0.0.1:2112/metrics', { headers: { connection: 'close' } });
  return Number(/^go_memstats_next_gc_bytes (\S+)$/m.exec(await answer.text())[1]);
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
  for (let round = 0; round < 5; round += 1) {
    const queries = Array.from({ length: 100 }, (_, i) =>
      vectorOf((round * 100 + i) * 13, count, dimension).map((value) => value + 0.1 * draw()),
    );
    const before = [spent(), other === undefined ? 0 : spentBy(other)];
    for (const vector of queries) {
      const { searched } = await engine.search(name, vector, { k: 10, group: 'item' });
      if (searched.kind !== 'hnsw') throw new Error(`A search was ${searched.kind}.`);
    }
    rounds.push({
      own: (spent() - before[0]) / 100,
      other: other === undefined ? 0 : (spentBy(other) - before[1]) / 100,
    });
  }
  return rounds.sort((a, b) => a.own + a.other - b.own - b.other)[0];
}

/** One step in a process of its own; prints its answer as JSON. */
async function step([what, folder, url, count, dimension, pid]) {
  const engine = await openEngine(folder, url === '' ? {} : { engine: url });
  const size = [Number(count), Number(dimension)];
  if (what === 'build') console.log(JSON.stringify({ own: await build(engine, ...size) }));
  else {
    const micros = await search(engine, ...size, pid);
    globalThis.gc?.();
    console.log(JSON.stringify({ ...micros, memory: memoryOf('self') }));
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

function embedded(folder, items, dimension) {
  const data = join(folder, 'data');
  const built = inProcess('build', data, '', items, dimension);
  const searched = inProcess('search', data, '', items, dimension);
  return {
    memoryBytes: searched.memory,
    diskBytes: sizeOf(data),
    buildSeconds: built.own / 1e6,
    queryMicros: searched.own,
    serverMicros: 0,
  };
}

async function weaviate(folder, items, dimension) {
  process.env.PROMETHEUS_MONITORING_ENABLED = 'true';
  const cluster = (verb, ...given) =>
    node(join(scripts, 'weaviate-cluster.mjs'), verb, '--folder', folder, ...given);
  const url = cluster('start', '--nodes', '1');
  try {
    const pid = JSON.parse(readFileSync(join(folder, 'cluster.json'), 'utf8')).pids[1];
    const data = join(folder, 'data');
    const before = spentBy(pid);
    const built = inProcess('build', data, url, items, dimension);
    const buildSeconds = (spentBy(pid) - before + built.own) / 1e6;
    const searched = inProcess('search', data, url, items, dimension, pid);
    return {
      memoryBytes: await heapOfWeaviate(),
      diskBytes: sizeOf(join(folder, 'node1')),
      buildSeconds,
      queryMicros: searched.other,
      serverMicros: searched.own,
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
  const measure = { embedded, weaviate }[engine];
  if (measure === undefined) throw new Error('Name an engine: embedded or weaviate.');
  console.log(`${engine} on ${cpus()[0].model.trim()}`);
  const points = [];
  for (const size of values.sizes.split(',')) {
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
