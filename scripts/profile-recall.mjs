// Measures whether a model finds more when pictures are converted to sRGB by their ICC profiles than when the profiles
// are ignored. Each photograph of FOLDER (a folder a label) is a query among the others; those that are tagged are the
// same photographs, saved as JPEG in another colour space. Prints Recall@1 in percent.
//   npm run build && nice node scripts/profile-recall.mjs MODEL.onnx FOLDER [EACH]
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { Embedder } from '../dist/src/embed/index.js';
import { colourSpaces, rgbProfile } from '../dist/test/support/colour-profiles.js';

const [model, folder, each = '1'] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node scripts/profile-recall.mjs MODEL.onnx FOLDER [EACH]');
  process.exit(2);
}
const photographs = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.jpe?g$/i.test(entry.name))
  .map((entry) => ({ path: join(entry.parentPath, entry.name), label: entry.parentPath }))
  .filter((_, i) => i % Number(each) === 0);

const embedder = await Embedder.open(model);
/** Embeds pixels; `ignoreIcc` says whether their profile counts. */
async function embed(bytes, ignoreIcc) {
  const { data, info } = await sharp(bytes, { ignoreIcc })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const pixels = { data: new Uint8Array(data), width: info.width, height: info.height };
  const { vector } = await embedder.embedPixels(pixels);
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** Percent of queries whose nearest other picture has their label. */
function recall(queries, gallery) {
  let right = 0;
  for (const [i, query] of queries.entries()) {
    let best = -1;
    let most = Number.NEGATIVE_INFINITY;
    for (const [j, item] of gallery.entries()) {
      if (j === i) continue;
      let score = 0;
      for (let d = 0; d < query.length; d++) score += query[d] * item[d];
      if (score > most) [best, most] = [j, score];
    }
    if (photographs[best].label === photographs[i].label) right++;
  }
  return ((100 * right) / queries.length).toFixed(1);
}

/** Embeds every photograph, eight at a time. */
async function all(read, ignoreIcc) {
  const vectors = [];
  for (let at = 0; at < photographs.length; at += 8)
    vectors.push(
      ...(await Promise.all(
        photographs.slice(at, at + 8).map(async (one) => embed(await read(one), ignoreIcc)),
      )),
    );
  return vectors;
}

const scratch = mkdtempSync(join(tmpdir(), 'profiles-'));
const plain = await all(({ path }) => readFileSync(path), true);
const mixed = (tagged) => plain.map((vector, i) => (i % 2 === 0 ? vector : tagged[i]));
console.log(`${photographs.length} photographs, Recall@1; none tagged: ${recall(plain, plain)}`);
console.log(
  '| tagged as | queries, ignored | queries, converted | every other, ignored | every other, converted |',
);
console.log('| --- | --- | --- | --- | --- |');
for (const name of ['p3', 'adobe', 'prophoto']) {
  const icc = join(scratch, `${name}.icc`);
  writeFileSync(icc, rgbProfile(colourSpaces[name]));
  const tag = ({ path }) => sharp(readFileSync(path)).withIccProfile(icc).jpeg({ quality: 95 }).toBuffer();
  const ignored = await all(tag, true);
  const converted = await all(tag, false);
  const figures = [recall(ignored, plain), recall(converted, plain)];
  figures.push(recall(mixed(ignored), mixed(ignored)), recall(mixed(converted), mixed(converted)));
  console.log(`| ${name} | ${figures.join(' | ')} |`);
}
rmSync(scratch, { recursive: true });
await embedder.close();
