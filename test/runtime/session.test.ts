import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { SnapshelfError } from '../../src/errors.ts';
import { decideProvider, listProviders, type RuntimeTensor, Session } from '../../src/runtime/index.ts';

/** One Identity node, `x: float32[N]` -> `y: float32[N]`, as the bytes of an ONNX file. */
const identity: Uint8Array = Buffer.from(
  'CAg6OwoQCgF4EgF5IghJZGVudGl0eRIFcHJvYmVaDwoBeBIKCggIARIECgIIAWIPCgF5EgoKCAgBEgQKAggBQgIQDQ==',
  'base64',
);
const one: RuntimeTensor = { type: 'float32', dims: [1], data: new Float32Array([3]) };
const coded = (code: string) => (error: unknown) => error instanceof SnapshelfError && error.code === code;

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runtime-'));
});
after(() => rm(folder, { recursive: true }));

test('a session runs a model from bytes and from a path, and says what it runs on', async () => {
  const path = join(folder, 'identity.onnx');
  await writeFile(path, identity);
  const lines: string[] = [];
  const note = (message: string): void => void lines.push(message);
  const log = { debug: note, info: note, warn: note, error: note };
  for (const model of [identity, path]) {
    await using session = await Session.open(model, { provider: 'cpu', threads: 1, log });
    assert.deepEqual([session.inputNames, session.outputNames], [['x'], ['y']]);
    const { y } = await session.run({ x: one });
    assert.deepEqual(y, { type: 'float32', dims: [1], data: new Float32Array([3]) });
    assert.equal(session.decision.provider, 'cpu');
  }
  assert.deepEqual(lines, ['inference runs on cpu', 'inference runs on cpu']);
});

test('what is not a model is a coded error', async () => {
  const foreign = join(folder, 'foreign.onnx');
  await writeFile(foreign, 'this is a text file');
  for (const path of [join(folder, 'absent.onnx'), folder])
    await assert.rejects(Session.open(path), coded('model-not-found'));
  for (const model of [foreign, new Uint8Array(0), identity.subarray(0, 40)])
    await assert.rejects(Session.open(model, { provider: 'cpu', logSeverity: 4 }), coded('onnx-invalid'));
});

test("bytes that begin like ONNX Runtime's own format are read as ONNX, as they were checked", async () => {
  // The name of the producer puts ORTM where that format has it.
  const both = Buffer.concat([Uint8Array.of(0x12, 6), Buffer.from('xxORTM'), identity]);
  assert.equal(both.toString('latin1', 4, 8), 'ORTM');
  await using session = await Session.open(both, { provider: 'cpu', logSeverity: 4 });
  assert.deepEqual(session.inputNames, ['x']);
});

test('misuse shows what was given', async () => {
  await using session = await Session.open(identity, { provider: 'cpu' });
  await assert.rejects(session.run({}), /inputs are \[x\], but the feeds are \[\]/);
  await assert.rejects(session.run({ x: one, z: one }), /the feeds are \[x,z\]/);
  await assert.rejects(session.run({ x: { ...one, dims: [2] } }), RangeError);
  await assert.rejects(session.run({ x: { ...one, dims: [-1] } }), RangeError);
  await assert.rejects(session.run({ x: { ...one, data: new Int32Array(1) } }), TypeError);
  await assert.rejects(Session.open(identity, { threads: 0 }), /threads must be .* not 0/);
  await assert.rejects(Session.open(identity, { provider: 'tpu' as 'cpu' }), /not "tpu"/);
});

test('a failing run is inference-failed, and the session goes on', async () => {
  await using session = await Session.open(identity, { provider: 'cpu', logSeverity: 4 });
  const wrong: RuntimeTensor = { type: 'int32', dims: [1], data: new Int32Array(1) };
  await assert.rejects(session.run({ x: wrong }), coded('inference-failed'));
  assert.ok(await session.run({ x: one }));
});

test('close waits for what runs and refuses the rest', async () => {
  const session = await Session.open(identity, { provider: 'cpu' });
  const run = session.run({ x: one });
  await Promise.all([session.close(), session.close()]);
  assert.ok(await run);
  await assert.rejects(session.run({ x: one }), coded('closed'));
});

test('an absent CUDA is named with the command that installs it; auto then takes the CPU', async (t) => {
  const [cpu, cuda] = await listProviders();
  assert.equal(cpu?.available, true);
  if (cuda?.available) return t.skip('this machine has CUDA');
  const decision = await decideProvider('auto');
  assert.equal(decision.provider, 'cpu');
  assert.match(decision.reason, /^CUDA: /);
  await assert.rejects(decideProvider('cuda'), (error) => {
    assert.ok(error instanceof SnapshelfError);
    assert.equal(error.code, 'provider-unavailable');
    if (process.platform === 'linux' && process.arch === 'x64')
      assert.match(error.message, /ONNXRUNTIME_NODE_INSTALL=true node .*onnxruntime-node.script.install\.js/);
    return true;
  });
});
