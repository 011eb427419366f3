// slow: takes several seconds
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { readSource } from '../src/datasets/index.ts';
import { decodeMatlab, MatlabError } from '../src/datasets/sources/benchmarks/matlab.ts';
import { SnapshelfError } from '../src/errors.ts';
import { compareEvaluations, evaluate, parseEvaluation, readVectorFiles } from '../src/eval/index.ts';
import { readModelFile } from '../src/model/index.ts';
import { decodeModel, encodeModel, setProperty } from '../src/onnx/index.ts';
import { Session } from '../src/runtime/index.ts';
import { recipeOf } from '../src/train/index.ts';
import { readCheckpoint, writeCheckpoint } from '../src/train/run/checkpoint.ts';
import { RunFolder } from '../src/train/run/run-folder.ts';
import { decodeSafetensors, decodeWeights, readSafetensors, writeSafetensors } from '../src/weights/index.ts';
import { meanColour } from './embed/support/models.ts';
import { drawnVectors } from './eval/support/drawn.ts';
import { flipped, mutated, mutatedJson } from './support/mutate.ts';
import { changedModel, modelChanges } from './support/mutate-model.ts';
import { fixture } from './support/repository.ts';
import { writeTinyModel } from './support/tiny-model.ts';

const root = mkdtempSync(join(tmpdir(), 'snapshelf-fuzz-'));
after(() => {
  rmSync(root, { recursive: true });
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  // What is read here has kilobytes; a length that is believed would take gigabytes.
  assert.ok(process.resourceUsage().maxRSS < 1_500_000, `${process.resourceUsage().maxRSS} KB`);
});

const runs = 400;
const isOurs = (error: unknown): boolean => error instanceof SnapshelfError;

interface Subject<T> {
  readonly inputs: fc.Arbitrary<T>;
  /** Whether the input is at least taken for one of the format. */
  readonly passes: (input: T) => boolean;
  readonly read: (input: T) => unknown;
  readonly isExpected?: (error: unknown) => boolean;
}

/** Reads many inputs: each gives a value or an error that is meant for it; and half of them get past the first look. */
async function fuzz<T>({ inputs, passes, read, isExpected = isOurs }: Subject<T>): Promise<void> {
  let [tried, passed] = [0, 0];
  await fc.assert(
    fc.asyncProperty(inputs, async (input) => {
      tried += 1;
      if (passes(input)) passed += 1;
      try {
        await read(input);
      } catch (error) {
        if (!isExpected(error)) throw error;
      }
    }),
    { numRuns: runs },
  );
  assert.ok(passed >= tried / 2, `${passed} of ${tried} got past the first look`);
}

/** Nothing but noise, which is refused by the first look mostly. */
async function noise(read: (bytes: Buffer) => unknown, isExpected = isOurs): Promise<void> {
  const inputs = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
  await fuzz({ inputs, passes: () => true, read, isExpected });
}

/** What the reader looks at before all else. */
const isVersion1 = (value: unknown): boolean => Object(value).formatVersion === 1;

const decodes = (read: () => unknown): boolean => {
  try {
    read();
    return true;
  } catch {
    return false;
  }
};
const parses = (text: string): boolean => decodes(() => JSON.parse(text));

const readModel = (bytes: Uint8Array): Promise<unknown> => {
  const path = join(root, 'fuzzed.onnx');
  writeFileSync(path, bytes);
  return readModelFile(path);
};

test('models', async () => {
  const path = join(root, 'tiny.onnx');
  await writeTinyModel(path);
  const file = readFileSync(path);
  await fuzz({
    inputs: fc.oneof(
      { weight: 4, arbitrary: flipped(file) },
      { weight: 1, arbitrary: mutated([file, meanColour(8, 1)]) },
    ),
    passes: (bytes) => decodes(() => decodeModel(bytes)),
    read: readModel,
  });
  await noise(readModel);
});

test('graphs: what is let through, ONNX Runtime takes or refuses, and goes on', async () => {
  const path = join(root, 'tiny.onnx');
  await writeTinyModel(path);
  const file = readFileSync(path);
  const data = new Uint8Array(64 * 64 * 3);
  let run = 0;
  await fuzz({
    inputs: modelChanges,
    passes: (changes) => decodes(() => decodeModel(encodeModel(changedModel(file, changes)))),
    read: async (changes) => {
      const bytes = encodeModel(changedModel(file, changes));
      await readModel(bytes);
      await using session = await Session.open(bytes, { provider: 'cpu', threads: 1, logSeverity: 4 });
      await session.run({ image: { type: 'uint8', dims: [1, 64, 64, 3], data } });
      run += 1;
    },
  });
  assert.ok(run > 10, `${run} changed models were run`);
});

test('metadata of models', async () => {
  const model = decodeModel(meanColour(8, 0));
  const text = model.metadataProps.find(({ key }) => key === 'snapshelf')?.value ?? assert.fail();
  const document = { ...JSON.parse(text), createdAt: '2026-01-01T00:00:00Z', training: { recipe: 'x' } };
  await fuzz({
    inputs: mutatedJson(document),
    passes: isVersion1,
    read: (value) => {
      setProperty(model, 'snapshelf', JSON.stringify(value));
      return readModel(encodeModel(model));
    },
  });
});

before(async () => {
  mkdirSync(join(root, 'weights'));
  const tensors = new Map([
    ['a.weight', { dims: [2, 3], dataType: 'float32', data: Float32Array.of(1, 2, 3, 4, 5, 6) } as const],
    ['b', { dims: [4], dataType: 'uint8', data: Uint8Array.of(1, 2, 3, 4) } as const],
  ]);
  await writeSafetensors(join(root, 'weights', 'safetensors'), tensors, { note: 'x' });
});

test('safetensors', async () => {
  const file = readFileSync(join(root, 'weights', 'safetensors'));
  await fuzz({ inputs: mutated([file], 8), passes: (bytes) => bytes[8] === 0x7b, read: decodeSafetensors });
  await noise(decodeSafetensors);
  const header = JSON.parse(file.toString('utf8', 8, 8 + Number(file.readBigUInt64LE(0))));
  await fuzz({
    inputs: mutatedJson(header),
    passes: (value) => typeof value === 'object' && value !== null,
    read: (value) => {
      const json = Buffer.from(JSON.stringify(value));
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(json.length));
      return decodeSafetensors(Buffer.concat([length, json, Buffer.alloc(28)]));
    },
  });
});

/** Decodes all tensors of a file, which are otherwise read when they are asked for. */
const decodeAll = (bytes: Uint8Array): unknown =>
  decodeWeights(bytes).sets.map(({ tensors }) => [...tensors.values()].map(({ data }) => data));

test('PyTorch files, zipped and legacy', async () => {
  const files = ['zip.pth', 'zip-protocol4.pth', 'parameter.pth', 'checkpoint.pth', 'legacy.pth'].map(
    (name) => readFileSync(fixture('weights', name)),
  );
  await fuzz({
    inputs: mutated(files, 4),
    passes: (bytes) => bytes[0] === 0x50 || bytes[0] === 0x80,
    read: decodeAll,
  });
  await noise(decodeAll);
});

test('MAT-files', async () => {
  const files = ['plain.mat', 'compressed.mat'].map((name) => readFileSync(fixture('datasets', name)));
  const isExpected = (error: unknown): boolean => error instanceof MatlabError;
  const passes = (bytes: Buffer): boolean => bytes.length > 136;
  await fuzz({ inputs: mutated(files, 128), passes, read: decodeMatlab, isExpected });
  await noise(
    (bytes) => decodeMatlab(Buffer.concat([(files[0] ?? bytes).subarray(0, 128), bytes])),
    isExpected,
  );
});

test('vectors and their labels', async () => {
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }".padEnd(117);
  const start = Buffer.from('\x93NUMPY\x01\0\x76\0', 'latin1');
  const npy = Buffer.concat([start, Buffer.from(`${header}\n`), Buffer.alloc(48, 1)]);
  const labels = join(root, 'labels.txt');
  writeFileSync(labels, 'a\nb\nc\n');
  const path = join(root, 'v.npy');
  const read = (bytes: Buffer): unknown => {
    writeFileSync(path, bytes);
    return readVectorFiles({ vectors: path, labels });
  };
  await read(npy);
  await fuzz({ inputs: mutated([npy], 6), passes: (bytes) => bytes[0] === 0x93 && bytes.length > 12, read });
  await noise(read);
});

test('manifests', async () => {
  writeFileSync(join(root, 'a.jpg'), '');
  const csv = Buffer.from(
    'path,label,id,metadata,price\na.jpg,x,one,"{""a"":[1]}",5\na.jpg,"y ""z""",two,,\n',
  );
  const rows = [
    { path: 'a.jpg', label: 'x', id: 'one', metadata: { a: [1, { b: null }] }, split: 'query' },
    { path: './a.jpg', label: 'y', id: 'two', productId: 'p', price: 5 },
  ];
  const readAs = (name: string) => (bytes: Buffer | string) => {
    writeFileSync(join(root, name), bytes);
    return readSource(join(root, name));
  };
  await readAs('m.csv')(csv);
  const head = (bytes: Buffer): boolean =>
    bytes.subarray(0, 28).toString() === 'path,label,id,metadata,price';
  await fuzz({ inputs: mutated([csv], 28), passes: head, read: readAs('m.csv') });
  const lines = Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  await readAs('m.jsonl')(lines);
  const passes = (bytes: Buffer): boolean =>
    bytes
      .toString()
      .split('\n')
      .some((line) => parses(line));
  await fuzz({ inputs: mutated([lines]), passes, read: readAs('m.jsonl') });
  await fuzz({
    inputs: mutatedJson(rows),
    passes: Array.isArray,
    read: (value) =>
      readAs('m.jsonl')(
        Object.values(Object(value))
          .map((row) => `${JSON.stringify(row)}\n`)
          .join(''),
      ),
  });
});

test('run.json', async () => {
  const folder = new RunFolder(root);
  const identity = { path: '/w', sha256: 'ab'.repeat(32) };
  const document = {
    ...{ formatVersion: 1, architecture: 'resnet18', recipeName: 'cub', recipe: recipeOf('cub'), seed: 1 },
    ...{
      sources: ['/a'],
      queries: ['/b'],
      weights: identity,
      teacher: identity,
      validateEvery: 1,
      skipBad: false,
    },
    ...{ classes: 2, images: 3, data: 'cd'.repeat(32), labels: 'ef'.repeat(32) },
  };
  const read = (text: string | Buffer): unknown => {
    writeFileSync(folder.config, text);
    return folder.readConfig();
  };
  await read(JSON.stringify(document));
  await fuzz({
    inputs: mutatedJson(document),
    passes: isVersion1,
    read: (value) => read(JSON.stringify(value)),
  });
  await noise(read);
});

test('checkpoints', async () => {
  const path = join(root, 'last.safetensors');
  const shapes = new Map([['w', [2]]]);
  const position = {
    ...{ step: 3, epoch: 1, batch: 0, validatedEpoch: 1, best: { recall: 0.5, epoch: 1 } },
    unlogged: { steps: 0, sum: 0 },
  };
  await writeCheckpoint(path, new Map([['w', Float32Array.of(1, 2)]]), shapes, position);
  const file = readFileSync(path);
  const { tensors } = await readSafetensors(path);
  const readBytes = (bytes: Buffer): unknown => {
    writeFileSync(path, bytes);
    return readCheckpoint(path, shapes);
  };
  await fuzz({ inputs: mutated([file], 8), passes: (bytes) => bytes[8] === 0x7b, read: readBytes });
  await fuzz({
    inputs: mutatedJson({ formatVersion: 1, ...position }),
    passes: isVersion1,
    read: async (value) => {
      await writeSafetensors(path, tensors, { 'snapshelf-checkpoint': JSON.stringify(value) ?? '' });
      return readCheckpoint(path, shapes);
    },
  });
});

test('reports, and comparing what is read of them', async () => {
  const subject = { protocol: 'self', queries: ['drawn'], gallery: null, model: null } as const;
  const report = await evaluate({ queries: drawnVectors(12, 3, { seed: 1 }), subject }, { ks: [1, 5] });
  const compare = (text: string): void => {
    const other = parseEvaluation(text, 'it');
    compareEvaluations(report, other);
    compareEvaluations(other, report);
  };
  compare(JSON.stringify(report));
  const inputs = mutatedJson(report);
  await fuzz({ inputs, passes: isVersion1, read: (value) => compare(JSON.stringify(value) ?? '') });
  await noise((bytes) => compare(bytes.toString()));
});
