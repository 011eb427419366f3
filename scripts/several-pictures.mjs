// Measures what a second view of a product, and "not like this", are worth. Each photograph of QUERY is searched for among those of
// GALLERY (folders, whose sub-folders are the labels): alone, and together with another one of its label. Where the nearest
// one is wrong, it is then left out, with a negative weight or without. Prints Recall@1 in percent, and the paired differences
// with their 95 % intervals (bootstrap).
//   npm run build && nice node scripts/several-pictures.mjs MODEL.onnx GALLERY QUERY [--cache DIR]
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { Embedder } from '../dist/src/embed/index.js';
import { EmbeddingCache } from '../dist/src/eval/index.js';
import { pairedBootstrap } from '../dist/src/metrics/index.js';
import { combineVectors } from '../dist/src/retrieval/combine-vectors.js';
import { pipeline } from '../dist/src/threads/index.js';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { cache: { type: 'string' } } });
const [model, galleryFolder, queryFolder] = positionals;
if (queryFolder === undefined) {
  console.error('usage: node scripts/several-pictures.mjs MODEL.onnx GALLERY QUERY [--cache DIR]');
  process.exit(2);
}

const embedder = await Embedder.open(model);
const { dimension, model: file } = embedder.info;
const cache = values.cache && new EmbeddingCache(values.cache, file.id, dimension);

/** Embeds the photographs of a folder, sorted by path. */
async function photographs(folder) {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.jpe?g$/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const embed = async (path) => {
    const bytes = readFileSync(path);
    const hash = createHash('sha256').update(bytes).digest('hex');
    const known = cache?.get(hash);
    const vector = known ?? (await embedder.embed(bytes, { background: true })).vector;
    if (cache && known === undefined) cache.add(hash, vector);
    return { id: relative(folder, path), label: dirname(relative(folder, path)), vector };
  };
  const all = [];
  for await (const photograph of pipeline(paths, 16, embed)) all.push(photograph);
  return all;
}

const unit = (vector) => combineVectors([{ vector }], { metric: 'cosine' });
const gallery = (await photographs(galleryFolder)).map((one) => ({ ...one, unit: unit(one.vector) }));
const queries = await photographs(queryFolder);
await embedder.close();

/** The nearest photograph of the gallery to weighted vectors, without `left`. */
function nearest(parts, left) {
  const query = combineVectors(parts, { metric: 'cosine' });
  let found;
  let best = -2;
  for (const photograph of gallery) {
    if (photograph === left) continue;
    let dot = 0;
    for (let d = 0; d < query.length; d += 1) dot += query[d] * photograph.unit[d];
    if (dot > best) {
      best = dot;
      found = photograph;
    }
  }
  return found;
}

const percent = (share) => (100 * share).toFixed(1);
const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
function report(name, ids, before, after) {
  const { difference, interval } = pairedBootstrap(
    { ids, values: after },
    { ids, values: before },
    { resamples: 10_000 },
  );
  const [low, high] = interval.map(percent);
  console.log(
    `${name}: ${percent(mean(before))} -> ${percent(mean(after))}, difference ${percent(difference)} (${low} to ${high}), ${ids.length} queries`,
  );
}

// The other view of a photograph is the next one of its label, the first of them behind the last.
const byLabel = new Map();
for (const query of queries) byLabel.set(query.label, [...(byLabel.get(query.label) ?? []), query]);
const pairs = [...byLabel.values()]
  .filter((views) => views.length > 1)
  .flatMap((views) => views.map((one, i) => [one, views[(i + 1) % views.length]]));
const right = (found, { label }) => Number(found.label === label);
const ids = pairs.map(([{ id }]) => id);
const alone = pairs.map(([one]) => right(nearest([one]), one));
const other = pairs.map(([, two]) => right(nearest([two]), two));
const both = pairs.map(([one, two]) => right(nearest([one, two]), one));
console.log(`${file.metadata.name}, ${gallery.length} photographs in the gallery`);
report('a second view', ids, alone, both);
report(
  'two views against the mean of both alone',
  ids,
  alone.map((value, i) => (value + other[i]) / 2),
  both,
);

const wrong = queries
  .map((query) => ({ query, first: nearest([query]) }))
  .filter(({ query, first }) => !right(first, query));
const leftOut = wrong.map(({ query, first }) => right(nearest([query], first), query));
for (const weight of [0.1, 0.25, 0.5, 1]) {
  const unlike = wrong.map(({ query, first }) =>
    right(nearest([query, { vector: first.vector, weight: -weight }], first), query),
  );
  report(
    `a wrong first result left out, and weighted -${weight}`,
    wrong.map(({ query }) => query.id),
    leftOut,
    unlike,
  );
}
