// Makes a set in which the thing that is searched for is small: every third photograph of FOLDER, whose sub-folders are the labels, is
// pasted at 0.4 of the width into one of BACKGROUNDS, in turn, and written to OUT/query; the others are copied to OUT/gallery.
//   nice node scripts/paste-things.mjs FOLDER BACKGROUNDS OUT
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import sharp from 'sharp';

const [folder, backgrounds, out] = process.argv.slice(2);
if (out === undefined) {
  console.error('usage: node scripts/paste-things.mjs FOLDER BACKGROUNDS OUT');
  process.exit(2);
}
const photographs = (at) =>
  readdirSync(at, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.jpe?g$/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

const behind = photographs(backgrounds);
for (const [at, path] of photographs(folder).entries()) {
  const file = join(out, at % 3 === 0 ? 'query' : 'gallery', relative(folder, path));
  mkdirSync(dirname(file), { recursive: true });
  if (at % 3 !== 0) {
    copyFileSync(path, file);
    continue;
  }
  // 37 and 7919 are coprime to most numbers: backgrounds and places differ, and are the same in every run.
  const { data, info } = await sharp(behind[(37 * at) % behind.length])
    .autoOrient()
    .toBuffer({ resolveWithObject: true });
  const side = { width: Math.round(0.4 * info.width), height: Math.round(0.9 * info.height) };
  const thing = await sharp(path)
    .autoOrient()
    .resize({ ...side, fit: 'inside' })
    .toBuffer({ resolveWithObject: true });
  const left = (7919 * at) % (info.width - thing.info.width + 1);
  const top = (104729 * at) % (info.height - thing.info.height + 1);
  await sharp(data)
    .composite([{ input: thing.data, left, top }])
    .jpeg({ quality: 90 })
    .toFile(file);
}
