// Measures what query expansion, re-ranking and the mean of views are worth (docs/ranking.md). Each photograph of QUERY is searched for
// among those of GALLERY (folders, whose sub-folders are the labels); without QUERY, each of GALLERY among the others. Prints Recall@1 and
// mAP@R in percent, and the paired differences from the plain cosine with their 95 % intervals (bootstrap).
//   npm run build && nice node scripts/ranking.mjs MODEL.onnx GALLERY [QUERY] [--cache DIR]
import { readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { Embedder } from '../dist/src/embed/index.js';
import { EmbeddingCache, embedEach } from '../dist/src/eval/index.js';
import { pairedBootstrap } from '../dist/src/metrics/index.js';
import { expandQuery, kReciprocalDefaults, kReciprocalDistances } from '../dist/src/vectors/index.js';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { cache: { type: 'string' } } });
const [model, galleryFolder, queryFolder] = positionals;
if (galleryFolder === undefined) {
  console.error('usage: node scripts/ranking.mjs MODEL.onnx GALLERY [QUERY] [--cache DIR]');
  process.exit(2);
}

const embedder = await Embedder.open(model);
const { dimension, provider, model: file } = embedder.info;
const cache = values.cache && new EmbeddingCache(values.cache, `${file.id}-${provider}`, dimension);

/** Embeds the photographs of a folder, sorted by path, at length 1. */
async function photographs(folder) {
  const samples = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(jpe?g|png)$/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({ id: relative(folder, path), label: dirname(relative(folder, path)), path }));
  const all = [];
  for await (const { sample, vector } of embedEach(embedder, samples, { cache: cache || undefined })) {
    if (vector === undefined) continue;
    const length = Math.hypot(...vector);
    all.push({ ...sample, vector: vector.map((value) => value / length) });
  }
  return all;
}

const gallery = await photographs(galleryFolder);
const queries = queryFolder === undefined ? gallery : await photographs(queryFolder);
await embedder.close();
const rows = [...gallery.keys()];

/** The rows of the gallery by rising distance to a vector, without the query's own, with their cosines. */
function ranked(vector, own) {
  const scores = gallery.map((one) => {
    let sum = 0;
    for (let d = 0; d < dimension; d += 1) sum += one.vector[d] * vector[d];
    return sum;
  });
  const order = rows.filter((row) => row !== own).sort((a, b) => scores[b] - scores[a] || a - b);
  return { order, scores };
}

function matrixOf(list) {
  const vectors = new Float32Array(list.length * dimension);
  list.forEach((vector, i) => {
    vectors.set(vector, i * dimension);
  });
  return { vectors, dimension };
}

function expand(vector, order, n, alpha) {
  return expandQuery(vector, matrixOf(order.slice(0, n).map((row) => gallery[row].vector)), alpha);
}

function rerank(vector, order, depth, numbers) {
  const nearest = order.slice(0, depth);
  const work = kReciprocalDistances(matrixOf([vector, ...nearest.map((row) => gallery[row].vector)]), {
    ...kReciprocalDefaults,
    ...numbers,
  });
  let step = work.next();
  while (!step.done) step = work.next();
  const places = [...nearest.keys()].sort((a, b) => step.value[a] - step.value[b] || a - b);
  return [...places.map((at) => nearest[at]), ...order.slice(depth)];
}

const labelled = new Map();
for (const row of rows) labelled.set(gallery[row].label, [...(labelled.get(gallery[row].label) ?? []), row]);

/** The label of the highest mean score over its items, the query's own left out. */
function bestMean(scores, own) {
  let best = -2;
  let label;
  for (const [name, members] of labelled) {
    const others = members.filter((row) => row !== own);
    const mean = others.reduce((sum, row) => sum + scores[row], 0) / others.length;
    if (mean > best) [best, label] = [mean, name];
  }
  return label;
}

const settings = {
  'cosine, as it is': (_, order) => order,
  'expand n=1, alpha=3': (vector, order, own) => ranked(expand(vector, order, 1, 3), own).order,
  'expand n=3, alpha=3': (vector, order, own) => ranked(expand(vector, order, 3, 3), own).order,
  'expand n=10, alpha=3': (vector, order, own) => ranked(expand(vector, order, 10, 3), own).order,
  'rerank depth=100': (vector, order) => rerank(vector, order, 100, {}),
  'rerank depth=100,k1=10,k2=3,lambda=0.5': (vector, order) =>
    rerank(vector, order, 100, { k1: 10, k2: 3, lambda: 0.5 }),
  'expand n=3, alpha=3 and rerank depth=100': (vector, order, own) => {
    const expanded = expand(vector, order, 3, 3);
    return rerank(expanded, ranked(expanded, own).order, 100, {});
  },
};

const recall = Object.fromEntries([...Object.keys(settings), 'views mean'].map((name) => [name, []]));
const precision = Object.fromEntries(Object.keys(settings).map((name) => [name, []]));
const ids = [];
for (const [at, { id, label, vector }] of queries.entries()) {
  const own = queryFolder === undefined ? at : -1;
  const right = (labelled.get(label) ?? []).filter((row) => row !== own).length;
  if (right === 0) continue;
  ids.push(id);
  const { order, scores } = ranked(vector, own);
  for (const [name, way] of Object.entries(settings)) {
    const found = way(vector, order, own).slice(0, right);
    recall[name].push(Number(gallery[found[0]].label === label));
    let hits = 0;
    let sum = 0;
    found.forEach((row, i) => {
      if (gallery[row].label !== label) return;
      hits += 1;
      sum += hits / (i + 1);
    });
    precision[name].push(sum / right);
  }
  recall['views mean'].push(Number(bestMean(scores, own) === label));
}

const percent = (share) => (100 * share).toFixed(1);
const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
function told(columns, name) {
  const column = columns[name];
  if (column === undefined) return '';
  const plain = columns['cosine, as it is'];
  if (column === plain) return percent(mean(column));
  const { difference, interval } = pairedBootstrap(
    { ids, values: column },
    { ids, values: plain },
    { resamples: 10_000 },
  );
  return `${percent(mean(column))}, ${difference > 0 ? '+' : ''}${percent(difference)} (${interval.map(percent).join(' to ')})`;
}
console.log(`${file.metadata.name}, ${ids.length} queries, ${gallery.length} photographs in the gallery`);
for (const name of Object.keys(recall))
  console.log(`${name} | ${told(recall, name)} | ${told(precision, name)}`);
