import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSource } from '../../../src/datasets/index.ts';
import { decodeMatlab, MatlabError } from '../../../src/datasets/sources/benchmarks/matlab.ts';
import { compareEvaluations, evaluate, parseEvaluation, readVectorFiles } from '../../../src/eval/index.ts';
import { recipeOf } from '../../../src/train/index.ts';
import { RunFolder } from '../../../src/train/run/run-folder.ts';
import { drawnVectors } from '../../eval/support/drawn.ts';
import { mutated, mutatedJson } from '../mutate.ts';
import { fixture } from '../repository.ts';
import { isVersion1, parses, type Subject, subject } from './subject.ts';

/** True for the error of a MAT-file. */
export const isMatlab = (error: unknown): boolean => error instanceof MatlabError;

const matFiles = (): Buffer[] =>
  ['plain.mat', 'compressed.mat'].map((name) => readFileSync(fixture('datasets', name)));

/** Reads bytes after the head of a MAT-file. */
export const readMatlabBody = (bytes: Buffer): unknown =>
  decodeMatlab(Buffer.concat([(matFiles()[0] ?? bytes).subarray(0, 128), bytes]));

/** Returns what writes a file of vectors and reads it with its labels. */
export function vectorReader(root: string): (bytes: Buffer) => Promise<unknown> {
  const labels = join(root, 'labels.txt');
  writeFileSync(labels, 'a\nb\nc\n');
  return (bytes) => {
    writeFileSync(join(root, 'v.npy'), bytes);
    return readVectorFiles({ vectors: join(root, 'v.npy'), labels });
  };
}

function vectorSubject(root: string): Subject {
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }".padEnd(117);
  const start = Buffer.from('\x93NUMPY\x01\0\x76\0', 'latin1');
  const npy = Buffer.concat([start, Buffer.from(`${header}\n`), Buffer.alloc(48, 1)]);
  return subject({
    name: 'vectors and their labels',
    inputs: mutated([npy], 6),
    passes: (bytes) => bytes[0] === 0x93 && bytes.length > 12,
    read: vectorReader(root),
  });
}

function manifestSubjects(root: string): Subject[] {
  writeFileSync(join(root, 'a.jpg'), '');
  const readAs =
    (name: string) =>
    (bytes: Buffer | string): Promise<unknown> => {
      writeFileSync(join(root, name), bytes);
      return readSource(join(root, name));
    };
  const csv = Buffer.from(
    'path,label,id,metadata,price\na.jpg,x,one,"{""a"":[1]}",5\na.jpg,"y ""z""",two,,\n',
  );
  const rows = [
    { path: 'a.jpg', label: 'x', id: 'one', metadata: { a: [1, { b: null }] }, split: 'query' },
    { path: './a.jpg', label: 'y', id: 'two', productId: 'p', price: 5 },
  ];
  const lineOf = (row: unknown): string => `${JSON.stringify(row)}\n`;
  return [
    subject({
      name: 'manifests in CSV',
      inputs: mutated([csv], 28),
      passes: (bytes) => bytes.subarray(0, 28).toString() === 'path,label,id,metadata,price',
      read: readAs('m.csv'),
    }),
    subject({
      name: 'manifests of JSON lines',
      inputs: mutated([Buffer.from(rows.map(lineOf).join(''))]),
      passes: (bytes) =>
        bytes
          .toString()
          .split('\n')
          .some((line) => parses(line)),
      read: readAs('m.jsonl'),
    }),
    subject({
      name: 'values of manifests',
      inputs: mutatedJson(rows),
      passes: Array.isArray,
      read: (value) => readAs('m.jsonl')(Object.values(Object(value)).map(lineOf).join('')),
    }),
  ];
}

/** Returns what writes a `run.json` and reads it. */
export function configReader(root: string): (text: string | Buffer) => Promise<unknown> {
  const folder = new RunFolder(root);
  return (text) => {
    writeFileSync(folder.config, text);
    return folder.readConfig();
  };
}

function configSubject(root: string): Subject {
  const identity = { path: '/w', sha256: 'ab'.repeat(32) };
  const document = {
    ...{ formatVersion: 1, architecture: 'resnet18', recipeName: 'cub', recipe: recipeOf('cub'), seed: 1 },
    ...{ sources: ['/a'], queries: ['/b'], weights: identity, teacher: identity, validateEvery: 1 },
    ...{ skipBad: false, classes: 2, images: 3, data: 'cd'.repeat(32), labels: 'ef'.repeat(32) },
  };
  const read = configReader(root);
  return subject({
    name: 'run.json',
    inputs: mutatedJson(document),
    passes: isVersion1,
    read: (value) => read(JSON.stringify(value)),
  });
}

async function reportSubject(): Promise<Subject> {
  const of = { protocol: 'self', queries: ['drawn'], gallery: null, model: null } as const;
  const report = await evaluate({ queries: drawnVectors(12, 3, { seed: 1 }), subject: of }, { ks: [1, 5] });
  return subject({
    name: 'reports, and comparing what is read of them',
    inputs: mutatedJson(report),
    passes: isVersion1,
    read: (value) => {
      const other = parseEvaluation(JSON.stringify(value) ?? '', 'it');
      compareEvaluations(report, other);
      compareEvaluations(other, report);
    },
  });
}

/** The readers of data sets, vectors, run folders and reports. */
export async function dataSubjects(root: string): Promise<Subject[]> {
  return [
    subject({
      name: 'MAT-files',
      inputs: mutated(matFiles(), 128),
      passes: (bytes) => bytes.length > 136,
      read: decodeMatlab,
      isExpected: isMatlab,
    }),
    vectorSubject(root),
    ...manifestSubjects(root),
    configSubject(root),
    await reportSubject(),
  ];
}
