// Images per second, decoded batches in, features out: PROVIDER=cuda node scripts/cuda/embed.mjs PHOTOS.bin SIZE MODEL.onnx [BATCHES]
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { load, median, say } from './common.mjs';

const { Session } = await load('src/runtime/index.js');
const [photos, sizeText, modelPath, batches = '1,8,64,256'] = process.argv.slice(2);
const size = Number(sizeText),
  stored = new Uint8Array(readFileSync(photos)),
  one = size * size * 3;
const provider = process.env.PROVIDER ?? 'cuda';
const session = await Session.open(new Uint8Array(readFileSync(modelPath)), { provider });
for (const batch of batches.split(',').map(Number)) {
  try {
    const data = new Uint8Array(batch * one);
    for (let at = 0; at < data.length; at += stored.length)
      data.set(stored.subarray(0, Math.min(stored.length, data.length - at)), at);
    const image = { type: 'uint8', dims: [batch, size, size, 3], data };
    const start = performance.now();
    await session.run({ image });
    const first = performance.now() - start;
    for (let i = 0; i < 3; i++) await session.run({ image });
    const times = [];
    const until = performance.now() + Number(process.env.SECONDS_EACH ?? 2) * 1000;
    while (times.length < 5 || (performance.now() < until && times.length < 500)) {
      const at = performance.now();
      await session.run({ image });
      times.push(performance.now() - at);
    }
    const ms = median(times);
    say({
      test: 'embed',
      side: 'ours',
      provider,
      model: basename(modelPath),
      size,
      batch,
      imagesPerSecond: +((1000 * batch) / ms).toFixed(1),
      ms: +ms.toFixed(3),
      bestMs: +Math.min(...times).toFixed(3),
      runs: times.length,
      firstMs: Math.round(first),
    });
  } catch (error) {
    say({ test: 'embed', model: basename(modelPath), batch, error: String(error.message).slice(0, 500) });
  }
}
await session.close();
