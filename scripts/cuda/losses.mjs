// Every loss on CUDA against the CPU: node scripts/cuda/losses.mjs PHOTOS.bin [PROVIDER]   (PROVIDER instead of cuda)
// Three steps of ResNet-18 on photographs; the largest relative difference of the losses, a line each.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { load, say } from './common.mjs';

const { losses } = await load('src/nn/index.js');
const [photos, second = 'cuda'] = process.argv.slice(2);
const train = fileURLToPath(new URL('train.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'losses-'));
const variants = [
  ...Object.keys(losses).map((loss) => ({ loss })),
  { loss: 'cross-entropy + 0.1 center' },
  { loss: 'pce', lossOptions: { pce: { lambda: 'batch' } } },
  { loss: 'triplet', lossOptions: { triplet: { mining: 'semi-hard' } } },
  { loss: 'multi-similarity', lossOptions: { 'multi-similarity': { mining: true } } },
];

function lossesOf(variant, provider) {
  const save = join(folder, `${provider}.json`);
  const run = { architecture: 'resnet18', batch: 32, size: 96, classes: 8, steps: 3, timed: 0, rate: 0.001 };
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [train, JSON.stringify({ ...run, ...variant, provider, save }), photos],
    { encoding: 'utf8', env: { ...process.env, RESULTS: '', NVIDIA_TF32_OVERRIDE: '0' } },
  );
  if (status !== 0) throw new Error(`${stdout.slice(-400)} ${stderr.slice(-400)}`);
  return JSON.parse(readFileSync(save, 'utf8'));
}

for (const variant of variants) {
  try {
    const cpu = lossesOf(variant, 'cpu');
    const other = lossesOf(variant, second);
    const relative = cpu.map((loss, i) => Math.abs(loss - other[i]) / Math.max(Math.abs(loss), 1e-3));
    say({ test: 'losses', ...variant, cpu, [second]: other, difference: Math.max(...relative) });
  } catch (error) {
    say({ test: 'losses', ...variant, error: error.message });
    process.exitCode = 1;
  }
}
