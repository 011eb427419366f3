import { deepEqual, equal } from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exactScan } from '../../../src/gallery/memory/exact-scan.ts';
import { cacheName, VectorKeeper } from '../../../src/gallery/memory/kept-vectors.ts';
import { precisions, type StoredPrecision } from '../../../src/gallery/memory/precision.ts';
import { silentLogger } from '../../../src/log.ts';
import { clustered, withFolder } from '../ann/vectors.ts';
import { finish, type Store, storeOf } from './store.ts';

const dimension = 24;
const vectors = clustered(400, dimension, 5);
const choice = { metric: 'cosine' } as const;

/** A process that has these vectors and a folder; `read` is what it has read of the database. */
class Process {
  readonly store: Store;
  readonly keeper: VectorKeeper;
  readonly problems: unknown[] = [];

  constructor(directory: string, precision?: StoredPrecision, given = vectors) {
    this.store = storeOf(dimension, given, choice, precision);
    const warn = (_: string, fields?: { readonly problem?: unknown }): number =>
      this.problems.push(fields?.problem);
    const log = { ...silentLogger, warn };
    const options = { directory, storedPrecision: precision, readOnly: false, log, above: 0 };
    this.keeper = new VectorKeeper(this.store.memory, options);
  }

  fill(): this {
    finish(this.store.memory.fill());
    return this;
  }

  answers(): unknown {
    const query = { choice, n: 20 };
    return vectors.slice(0, 5).map((vector) => finish(exactScan(this.store.memory, { ...query, vector })));
  }
}

function saved(directory: string, precision?: StoredPrecision): Process {
  const first = new Process(directory, precision).fill();
  equal(first.keeper.wantsSave, false);
  first.keeper.changed(1000);
  equal(first.keeper.wantsSave, true);
  first.keeper.save();
  return first;
}

for (const precision of precisions)
  test(`${precision}: vectors are read from the file, not from the database, and answers are the same`, () => {
    withFolder((directory) => {
      const before = saved(directory, precision);
      const after = new Process(directory, precision).fill();
      equal(after.store.read, 0);
      deepEqual(after.answers(), before.answers());
      deepEqual(after.problems, []);
      equal(after.keeper.wantsSave, false);
    });
  });

test('what was written, deleted and mended since the file was written is followed', () => {
  withFolder((directory) => {
    const before = new Process(directory);
    before.store.damaged.add(41);
    before.fill().keeper.save();
    const more = [...vectors, ...clustered(30, dimension, 5, 9)];
    const after = new Process(directory, undefined, more);
    for (const sequence of [1, 3, 401]) after.store.delete(sequence);
    const fresh = storeOf(dimension, more, choice);
    for (const sequence of [1, 3, 401]) fresh.delete(sequence);
    after.fill();
    equal(after.store.read, 31);
    const query = { vector: vectors[20] as Float32Array, choice, n: 400 };
    deepEqual(finish(exactScan(after.store.memory, query)), finish(exactScan(fresh.memory, query)));
  });
});

test('a file of which a byte is wrong, missing or too many is told and removed, and answers stay right', () => {
  withFolder((directory) => {
    const right = saved(directory).answers();
    const path = join(directory, cacheName(1));
    const whole = readFileSync(path);
    const changed = (at: number): Buffer => {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] as number) ^ 0x10;
      return bytes;
    };
    const places = [0, 5, 40, 200, 300, 5000, whole.length >> 1, whole.length - 1];
    const wrong = [
      ...places.map(changed),
      whole.subarray(0, -1),
      Buffer.concat([whole, whole]),
      Buffer.alloc(0),
    ];
    for (const bytes of wrong) {
      writeFileSync(path, bytes);
      const after = new Process(directory).fill();
      deepEqual(after.answers(), right);
      equal(after.problems.length, 1);
      equal(existsSync(path), false);
      equal(after.keeper.wantsSave, false);
    }
  });
});

test('a file of another database, precision, metric or model is not used', () => {
  withFolder((directory) => {
    saved(directory);
    const path = join(directory, cacheName(1));
    const bytes = readFileSync(path);
    const other = new Process(directory, 'int8').fill();
    deepEqual(other.problems, ['it is of other vectors']);
    writeFileSync(path, bytes);
    const given = vectors.with(200, new Float32Array(dimension).fill(1));
    const after = new Process(directory, undefined, given).fill();
    deepEqual(after.problems, ['it has other vectors than the database']);
    equal(after.store.read, 400);
  });
});
