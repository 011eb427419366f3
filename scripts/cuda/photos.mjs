// Makes one file of bytes of 64 photographs, preprocessed as the model says: node scripts/cuda/photos.mjs MODEL OUT.bin FOLDER...
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from './common.mjs';

const { loadModelFile } = await load('src/model/index.js');
const { preprocessImage, readPictureFile } = await load('src/image/index.js');
const [modelPath, out, ...folders] = process.argv.slice(2);
const model = await loadModelFile(modelPath);
const files = folders.flatMap((f) =>
  readdirSync(f, { recursive: true })
    .filter((n) => n.endsWith('.jpg'))
    .sort()
    .map((n) => join(f, n)),
);
const every = Math.floor(files.length / 64);
const picked = Array.from({ length: 64 }, (_, i) => files[i * every]);
const parts = [];
for (const file of picked)
  parts.push(await preprocessImage(await readPictureFile(file), model.metadata.preprocessing));
writeFileSync(out, Buffer.concat(parts));
console.log(model.metadata.preprocessing, parts[0].length, files.length, picked[1]);
