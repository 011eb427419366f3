// slow: starts processes
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { runningServer } from '../src/cli/running-server.ts';
import { findCache } from '../src/datasets/cache/cache-file.ts';
import { readSource } from '../src/datasets/index.ts';
import { EmbeddingCache, readVectorFiles } from '../src/eval/index.ts';
import { openFile, readFileWithin } from '../src/files/index.ts';
import { readPictureFile } from '../src/image/index.ts';
import { loadModelFile } from '../src/model/index.ts';
import { decodeModel, tensorData } from '../src/onnx/index.ts';
import { Session } from '../src/runtime/index.ts';
import { readCheckpoint } from '../src/train/run/checkpoint.ts';
import { RunFolder } from '../src/train/run/run-folder.ts';
import { lockRun } from '../src/train/run/run-lock.ts';
import { Teacher } from '../src/train/teacher/teacher.ts';
import { hashWeightsFile, readSafetensors, readWeights } from '../src/weights/index.ts';
import { snapshelf } from './support/cli.ts';

/** What hangs, or never ends, when it is read like a file. */
const kinds: Readonly<Record<string, (path: string) => void>> = {
  'a named pipe': (path) => {
    execFileSync('mkfifo', [path]);
    rescuer.postMessage(path);
  },
  'a link to a device without end': (path) => symlinkSync('/dev/zero', path),
  'a folder': (path) => mkdirSync(path),
};

let root = '';
before(() => {
  root = mkdtempSync(join(tmpdir(), 'snapshelf-pipes-'));
});
after(() => rmSync(root, { recursive: true }));

// Frees what waits for a pipe, in a thread of its own, because the one of the test may be what waits: to write, a pipe
// opens only when somebody reads it. What does not wait has long been done by then.
const freed = new Int32Array(new SharedArrayBuffer(4));
const rescuer = new Worker(
  `const { closeSync, constants, openSync } = require('node:fs');
   const { parentPort, workerData: freed } = require('node:worker_threads');
   parentPort.on('message', (path) => {
     if (path === '') return parentPort.postMessage('');
     setInterval(() => {
       try {
         closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
         Atomics.store(freed, 0, 1);
       } catch {}
     }, 5000);
   });`,
  { eval: true, workerData: freed },
);
after(() => rescuer.terminate());

/** Does something with pipes that must not wait for them. */
async function within<T>(work: () => T | Promise<T>): Promise<T> {
  Atomics.store(freed, 0, 0);
  try {
    return await work();
  } finally {
    // Whatever it is freeing is noted by the time it answers.
    const answered = once(rescuer, 'message');
    rescuer.postMessage('');
    await answered;
    assert.equal(Atomics.load(freed, 0), 0, 'it waits for the pipe');
  }
}

type Reader = (path: string, folder: string) => unknown;
const npy = (path: string): string => {
  const file = `${path}.npy`;
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), }\n";
  writeFileSync(
    file,
    Buffer.concat([
      Buffer.from('\x93NUMPY\x01\0', 'latin1'),
      Buffer.of(header.length, 0),
      Buffer.from(header),
      Buffer.alloc(4),
    ]),
  );
  return file;
};

/** Every reader that refuses what is no file, with the name that the file needs and the code of its error. */
const readers: Readonly<Record<string, readonly [name: string, code: string, read: Reader]>> = {
  'a model': ['m.onnx', 'model-not-found', (path) => loadModelFile(path)],
  'a session': ['m.onnx', 'model-not-found', (path) => Session.open(path, { provider: 'cpu' })],
  'a teacher': ['t.onnx', 'model-not-found', (path) => Teacher.open(path, { size: 32, classes: 2 })],
  weights: ['w.pth', 'weights-invalid', (path) => readWeights(path)],
  safetensors: ['w.safetensors', 'weights-invalid', (path) => readSafetensors(path)],
  'a hash': ['w.pth', 'weights-invalid', (path) => hashWeightsFile(path)],
  'a picture': ['p.jpg', 'image-unsupported', (path) => readPictureFile(path)],
  'a listing': [
    'Ebay_train.txt',
    'source-invalid',
    (_, folder) => {
      writeFileSync(join(folder, 'Ebay_test.txt'), '');
      return readSource(folder);
    },
  ],
  annotations: ['cars_annos.mat', 'source-invalid', (_, folder) => readSource(folder)],
  vectors: ['v.npy', 'source-invalid', (path) => readVectorFiles({ vectors: path, labels: path })],
  labels: ['l.txt', 'source-invalid', (path) => readVectorFiles({ vectors: npy(path), labels: path })],
  'a configuration': ['run.json', 'run-invalid', (_, folder) => new RunFolder(folder).readConfig()],
  'a log': [
    'log.jsonl',
    'run-invalid',
    (_, folder) => new RunFolder(folder).log.cutAfter({ step: 1, validatedEpoch: 1 }),
  ],
  'a checkpoint': ['last.safetensors', 'weights-invalid', (path) => readCheckpoint(path, new Map())],
  'a server': ['server.json', 'source-invalid', (_, folder) => runningServer(folder)],
  'external data': [
    'out.bin',
    'onnx-invalid',
    (_, folder) => {
      const model = decodeModel(externalModel());
      return tensorData(model.graph?.initializer[0] ?? assert.fail(), folder);
    },
  ],
};

const externalModel = (): Uint8Array =>
  // graph { initializer { name, FLOAT, dims 1, external_data { location: out.bin }, data_location: EXTERNAL } }
  Buffer.concat([
    Buffer.from([8, 8, 0x42, 2, 0x10, 17, 0x3a, 34, 0x2a, 32, 0x08, 1, 0x10, 1, 0x6a, 19, 0x0a, 8]),
    Buffer.from('location'),
    Buffer.from([0x12, 7]),
    Buffer.from('out.bin'),
    Buffer.from([0x70, 1, 0x42, 3]),
    Buffer.from('abc'),
  ]);

const options = { skip: process.platform === 'win32' && 'Windows has no named pipes among its files' };

let count = 0;
function place(name: string, make: (path: string) => void): { path: string; folder: string } {
  const folder = join(root, String(++count));
  mkdirSync(folder);
  const path = join(folder, name);
  make(path);
  return { path, folder };
}

for (const [kind, make] of Object.entries(kinds)) {
  for (const [what, [name, code, read]] of Object.entries(readers))
    test(`${kind} in the place of ${what} is refused at once`, options, async () => {
      const { path, folder } = place(name, make);
      await within(() => assert.rejects(async () => read(path, folder), { code }));
    });

  test(`${kind} in the place of a cache is passed over`, options, async () => {
    const { path, folder } = place('pictures.cache', make);
    assert.equal(await within(() => findCache(path, 1)), undefined);
    const model = join(folder, 'model');
    mkdirSync(model);
    make(join(model, 'x.v2.embeddings'));
    using cache = await within(() => new EmbeddingCache(folder, 'model', 2));
    assert.equal(cache.size, 0);
    assert.equal(cache.problem, undefined);
    cache.add('ab'.repeat(32), Float32Array.of(1, 2));
    using again = new EmbeddingCache(folder, 'model', 2);
    assert.deepEqual(again.get('ab'.repeat(32)), Float32Array.of(1, 2));
  });

  test(`${kind} in the place of a file of a command is an error that says so`, options, async () => {
    const { path, folder } = place('log.jsonl', make);
    const commands = [
      ['compare', path, path],
      ['inspect', '--graph', path],
      ['plot', folder],
    ];
    for (const command of commands) {
      const { code, stderr } = await within(() => snapshelf(...command));
      assert.ok(code === 1 && /\[(source|run)-invalid\]/.test(stderr), stderr);
    }
  });
}

test('a lock is taken from a pipe that nobody holds', options, async () => {
  const { folder } = place('run.lock', kinds['a named pipe'] ?? assert.fail());
  using lock = await within(() => lockRun(folder));
  assert.ok(lock);
});

test('a log is not written through a link', options, async () => {
  const { path, folder } = place('victim', (path) => writeFileSync(path, 'mine'));
  symlinkSync(path, join(folder, 'log.jsonl'));
  await assert.rejects(new RunFolder(folder).log.append({ kind: 'step', step: 1 }));
  assert.equal(String(await readFileWithin(path, 10)), 'mine');
});

test('a file of exactly the limit is read, one byte more is refused', async () => {
  const { path } = place('bytes', (path) => writeFileSync(path, '1234'));
  assert.equal(String(await readFileWithin(path, 4)), '1234');
  await assert.rejects(readFileWithin(path, 3), /it has 4 bytes, more than 3/);
  await assert.rejects(openFile(path, 3), RangeError);
});
