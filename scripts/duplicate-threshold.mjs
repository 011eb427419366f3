// Measures from which score two pictures are nearly identical: how many copies of photographs (saved again, made smaller, cut,
// made brighter) score at least a threshold beside their original, and how many photographs have another one that does.
//   npm run build && nice node scripts/duplicate-threshold.mjs MODEL.onnx FOLDER [EACH]
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { Embedder } from '../dist/src/embed/index.js';
import { combineVectors } from '../dist/src/retrieval/combine-vectors.js';
import { pipeline } from '../dist/src/threads/index.js';

const [model, folder, each = '1'] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node scripts/duplicate-threshold.mjs MODEL.onnx FOLDER [EACH]');
  process.exit(2);
}
const thresholds = [0.9, 0.93, 0.95, 0.96, 0.97, 0.98, 0.99];
const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.jpe?g$/i.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name))
  .sort()
  .filter((_, i) => i % Number(each) === 0);

const copies = {
  'saved again as JPEG of quality 60': (image) => image.jpeg({ quality: 60 }),
  'half the size': (image, { width }) => image.resize(Math.round(width / 2)).jpeg({ quality: 90 }),
  'cut by 3 % at each side': (image, { width, height }) =>
    image
      .extract({
        left: Math.round(0.03 * width),
        top: Math.round(0.03 * height),
        width: Math.round(0.94 * width),
        height: Math.round(0.94 * height),
      })
      .jpeg({ quality: 90 }),
  '10 % brighter': (image) => image.modulate({ brightness: 1.1 }).jpeg({ quality: 90 }),
};

const embedder = await Embedder.open(model);
const embed = async (bytes) =>
  combineVectors([{ vector: (await embedder.embed(bytes, { background: true })).vector }], {
    metric: 'cosine',
  });
const dot = (a, b) => a.reduce((sum, value, d) => sum + value * b[d], 0);

async function measure(path) {
  const bytes = readFileSync(path);
  const size = await sharp(bytes).metadata();
  const original = await embed(bytes);
  const scores = [];
  for (const copy of Object.values(copies))
    scores.push(dot(original, await embed(await copy(sharp(bytes), size).toBuffer())));
  return { original, scores };
}

const measured = [];
for await (const one of pipeline(paths, 8, measure)) measured.push(one);
await embedder.close();

const share = (scores, threshold) =>
  `${((100 * scores.filter((score) => score >= threshold).length) / scores.length).toFixed(1)}`.padStart(7);
console.log(`${embedder.info.model.metadata.name}, ${paths.length} photographs, percent at or above`);
console.log(`${'threshold'.padEnd(36)}${thresholds.map((t) => String(t).padStart(7)).join('')}`);
Object.keys(copies).forEach((name, at) => {
  const scores = measured.map(({ scores: list }) => list[at]);
  console.log(`${name.padEnd(36)}${thresholds.map((t) => share(scores, t)).join('')}`);
});
const others = measured.map(({ original }, i) =>
  measured.reduce((best, other, j) => (i === j ? best : Math.max(best, dot(original, other.original))), -1),
);
console.log(`${'another photograph'.padEnd(36)}${thresholds.map((t) => share(others, t)).join('')}`);
