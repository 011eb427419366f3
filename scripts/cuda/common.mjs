// Helpers of the CUDA measurements. APP is the folder with dist/ and node_modules/ of a built checkout.
import { appendFileSync, readdirSync, readFileSync, unlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const APP = process.env.APP ?? process.cwd();
export const load = (path) => import(join(APP, 'dist', path));
const ort = createRequire(join(APP, 'package.json'))('onnxruntime-node');
export const say = (record) => {
  const line = JSON.stringify(record);
  console.log(line);
  if (process.env.RESULTS) appendFileSync(process.env.RESULTS, `${line}\n`);
};
export const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle] + sorted[middle - 1]) / 2;
};

/** Which provider ran which nodes, from ONNX Runtime's own profile of one session. */
export async function profiled(bytes, feedsList, provider) {
  const prefix = join(tmpdir(), `ort-profile-${process.pid}-${Date.now()}`);
  const session = await ort.InferenceSession.create(bytes, {
    executionProviders: provider === 'cuda' ? ['cuda', 'cpu'] : ['cpu'],
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    enableProfiling: true,
    profileFilePrefix: prefix,
  });
  for (const feeds of feedsList)
    await session.run(
      Object.fromEntries(Object.entries(feeds).map(([n, t]) => [n, new ort.Tensor(t.type, t.data, t.dims)])),
    );
  session.endProfiling();
  await session.release();
  const file = readdirSync(tmpdir()).find((name) => join(tmpdir(), name).startsWith(prefix));
  const events = JSON.parse(readFileSync(join(tmpdir(), file), 'utf8'));
  if (process.env.KEEP_PROFILE) console.log('profile kept', join(tmpdir(), file));
  else unlinkSync(join(tmpdir(), file));
  const nodes = events.filter(({ cat, name }) => cat === 'Node' && name.endsWith('_kernel_time'));
  const placed = {},
    cpuOps = {},
    time = {};
  const seen = new Set();
  const lastRun = Math.max(...events.filter(({ name }) => name === 'model_run').map(({ ts }) => ts));
  const single = [];
  for (const { name, dur, args, ts } of nodes) {
    const { op_name: op, provider: where } = args;
    const key = `${where}:${name}`;
    if (!seen.has(key)) {
      seen.add(key);
      placed[where] = (placed[where] ?? 0) + 1;
      if (where === 'CPUExecutionProvider') cpuOps[op] = (cpuOps[op] ?? 0) + 1;
    }
    if (ts < lastRun) continue; // earlier runs search for algorithms
    single.push([
      Math.round(dur),
      op,
      name.replace('_kernel_time', ''),
      JSON.stringify(args.input_type_shape ?? '')
        .replaceAll('"', '')
        .slice(0, 120),
    ]);
    time[op] ??= [0, 0];
    const t = time[op];
    t[0] += dur;
    t[1] += 1;
  }
  const runs = events.filter(({ name }) => name === 'model_run').map(({ dur }) => dur);
  const top = Object.entries(time)
    .sort(([, a], [, b]) => b[0] - a[0])
    .slice(0, 25)
    .map(([op, [us, n]]) => [op, Math.round(us), n]);
  single.sort((a, b) => b[0] - a[0]);
  return {
    placed,
    cpuOps,
    top,
    runs,
    slowest: process.env.SLOWEST ? single.slice(0, Number(process.env.SLOWEST)) : undefined,
    memcpy: Object.keys(time)
      .filter((op) => op.startsWith('Memcpy'))
      .map((op) => [op, ...time[op]]),
  };
}
