// What a Weaviate cluster acknowledges, and what it has of it afterwards: an import and searches during which a node is killed and
// comes back, then writes during which one is cut off. Needs a build, and a cluster of scripts/weaviate-cluster.mjs.
//
//   node scripts/weaviate-ledger.mjs --folder DIR --url URL [--items 10000] [--dimension 128] [--split]
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openEngine } from '../dist/src/engines/index.js';

const { values } = parseArgs({
  options: {
    folder: { type: 'string' },
    url: { type: 'string' },
    items: { type: 'string', default: '10000' },
    dimension: { type: 'string', default: '128' },
    split: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '60' },
    'no-kill': { type: 'boolean', default: false },
  },
});
const count = Number(values.items);
const dimension = Number(values.dimension);
const modelId = 'a'.repeat(64);
const name = 'ledger';
const batch = 200;

const cluster = (...given) => {
  const script = join(import.meta.dirname, 'weaviate-cluster.mjs');
  const { status, stderr } = spawnSync(process.execPath, [script, ...given, '--folder', values.folder], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`weaviate-cluster ${given.join(' ')}: ${stderr}`);
};

/** Unit vectors around a hundred centres, always the same. */
let seed = 1;
const draw = () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32 - 0.5;
};
const centres = Array.from({ length: 100 }, () => Float32Array.from({ length: dimension }, draw));
const vectorOf = (at) => centres[at % 100].map((value) => value + 0.6 * draw());
const items = Array.from({ length: count }, (_, at) => ({
  id: `item-${at}`,
  productId: `p${at % Math.ceil(count / 3)}`,
  vector: vectorOf(at),
  imageHash: '',
  metadata: { price: at % 1000 },
}));
const dot = (a, b) => {
  let sum = 0;
  for (let i = 0; i < dimension; i += 1) sum += a[i] * b[i];
  return sum;
};
const norms = items.map(({ vector }) => Math.sqrt(dot(vector, vector)));

const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
const folder = join(values.folder, 'data');
const open = (engine) => openEngine(folder, { engine });

async function importing(engine, acknowledged) {
  const started = performance.now();
  for (let at = 0; at < count; at += batch) {
    if (!values['no-kill'] && at >= 0.4 * count && at < 0.4 * count + batch) cluster('kill', '2');
    if (!values['no-kill'] && at >= 0.7 * count && at < 0.7 * count + batch) cluster('revive', '2');
    const part = items.slice(at, at + batch);
    for (let tries = 0; ; tries += 1) {
      try {
        await engine.upsert(name, modelId, part);
        for (const { id } of part) acknowledged.add(id);
        break;
      } catch (error) {
        console.log(`  refused at ${at}: ${error.code} (${error.message.slice(0, 120)})`);
        if (error.code !== 'engine-unavailable' || tries > 5) throw error;
      }
    }
  }
  return (performance.now() - started) / 1000;
}

async function found(engine) {
  const ids = [];
  for (let after; ; ) {
    const page = await engine.ids(name, { limit: 5000, after });
    ids.push(...page);
    if (page.length < 5000) return ids;
    after = page.at(-1);
  }
}

/** Counts what one node lists, and of what it does not list yet what a quorum has not either: that is lost. */
async function told(label, engine, acknowledged, ids) {
  const distinct = new Set(ids);
  const missing = [...acknowledged].filter((id) => !distinct.has(id));
  let lost = 0;
  for (const id of missing)
    await engine.get(name, id).catch((error) => {
      if (error.code !== 'item-not-found') throw error;
      lost += 1;
    });
  console.log(
    `${label}: acknowledged ${acknowledged.size}, listed by one node ${distinct.size}, twice ${ids.length - distinct.size}, lost ${lost}`,
  );
}

async function searching(engine, queries, { atOnce = 1, during } = {}) {
  const times = [];
  let failed = 0;
  let hits = 0;
  let next = 0;
  const started = performance.now();
  const worker = async () => {
    for (let at = next++; at < queries.length; at = next++) {
      if (at === Math.floor(queries.length / 3)) during?.();
      const start = performance.now();
      try {
        const answer = await engine.search(name, queries[at].vector, { k: 10, group: 'item' });
        times.push(performance.now() - start);
        hits += answer.hits.filter(({ item }) => queries[at].nearest.has(item.id)).length;
      } catch (error) {
        failed += 1;
        console.log(`  search refused: ${error.code}`);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const seconds = (performance.now() - started) / 1000;
  times.sort((a, b) => a - b);
  return `${times.length} answered, ${failed} refused, recall@10 ${(hits / (10 * times.length)).toFixed(4)}, p50 ${quantile(times, 0.5).toFixed(1)} ms, p99 ${quantile(times, 0.99).toFixed(1)} ms, ${(times.length / seconds).toFixed(0)} a second`;
}

function drawQueries(howMany) {
  return Array.from({ length: howMany }, (_, at) => {
    const vector = vectorOf(at * 7);
    const near = items
      .map((item, row) => [dot(item.vector, vector) / norms[row], row])
      .sort((a, b) => b[0] - a[0])
      .slice(0, 10);
    return { vector, nearest: new Set(near.map(([, row]) => items[row].id)) };
  });
}

/** Writes one item after the other for some seconds, and counts what is acknowledged. */
async function writing(engine, prefix, seconds, acknowledged) {
  const end = performance.now() + seconds * 1000;
  let tried = 0;
  let slowest = 0;
  for (; performance.now() < end; tried += 1) {
    const start = performance.now();
    const item = { ...items[tried % count], id: `${prefix}-${tried}` };
    try {
      await engine.upsert(name, modelId, [item]);
      acknowledged.add(item.id);
    } catch (error) {
      if (error.code !== 'engine-unavailable')
        console.log(`  ${prefix}: ${error.code} ${error.message.slice(0, 120)}`);
    }
    slowest = Math.max(slowest, performance.now() - start);
  }
  console.log(`  ${prefix}: the slowest write took ${(slowest / 1000).toFixed(1)} s`);
  return tried;
}

async function splitting(url) {
  const [, hosts, rest] = /^weaviate:\/\/([^?]*)\?grpc=\d+[\d,]*(.*)$/.exec(url);
  const [one, two, three] = hosts.split(',');
  const options = `?grpc=50051&replicas=3&shards=3${rest}`;
  const majority = await open(`weaviate://${one},${two}${options}`);
  const minority = await open(`weaviate://${three}${options}`);
  const written = { majority: new Set(), minority: new Set() };
  cluster('split', '3');
  const tried = await Promise.all([
    writing(majority, 'majority', Number(values.seconds), written.majority),
    writing(minority, 'minority', Number(values.seconds), written.minority),
  ]);
  console.log(
    `split: the majority acknowledged ${written.majority.size} of ${tried[0]} writes, the minority ${written.minority.size} of ${tried[1]}`,
  );
  cluster('join');
  await new Promise((resolve) => setTimeout(resolve, 20_000));
  const ofMajority = async (engine) => (await found(engine)).filter((id) => id.startsWith('majority'));
  await told('after the split, by the majority', majority, written.majority, await ofMajority(majority));
  const start = performance.now();
  let ids = await ofMajority(minority);
  while (ids.length < written.majority.size && performance.now() - start < 90_000) {
    await new Promise((resolve) => setTimeout(resolve, 2000));
    ids = await ofMajority(minority);
  }
  const after = ((performance.now() - start) / 1000 + 20).toFixed(0);
  await told(`${after} s after the split, by the node that was cut off`, minority, written.majority, ids);
  let strays = 0;
  for (let at = 0; at < tried[1]; at += 1) {
    try {
      await majority.get(name, `minority-${at}`);
      strays += 1;
    } catch {}
  }
  console.log(`stored though not acknowledged: ${strays}`);
  await majority.close();
  await minority.close();
}

const { url } = values;
if (url === undefined || values.folder === undefined)
  throw new Error(
    'Name --folder DIR, the folder of the cluster, and --url URL, which weaviate-cluster.mjs start has printed.',
  );
const engine = await open(url);
if ((await engine.collections()).some((one) => one.name === name)) await engine.drop(name);
await engine.create({ name, modelId, modelName: 'drawn', dimension, metric: 'cosine' });
const acknowledged = new Set();
const seconds = await importing(engine, acknowledged);
const killed = values['no-kill'] ? '' : ', node 2 killed at 40 % and back at 70 %';
console.log(
  `import: ${count} x ${dimension} in ${seconds.toFixed(1)} s, ${(count / seconds).toFixed(0)} a second${killed}`,
);
await new Promise((resolve) => setTimeout(resolve, 5000));
await told('after the import', engine, acknowledged, await found(engine));
const queries = drawQueries(300);
console.log(`searches, one at a time: ${await searching(engine, queries)}`);
console.log(`searches, 8 at a time: ${await searching(engine, queries, { atOnce: 8 })}`);
if (!values['no-kill']) {
  console.log(
    `searches, node 1 killed: ${await searching(engine, queries, { during: () => cluster('kill', '1') })}`,
  );
  cluster('revive', '1');
}
if (values.split) await splitting(url);
await engine.drop(name);
await engine.close();
