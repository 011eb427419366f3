import { deepEqual, equal, throws } from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
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

  constructor(directory: string, precision?: StoredPrecision, given = vectors, known?: string) {
    this.store = storeOf(dimension, given, choice, precision);
    const warn = (_: string, fields?: { readonly problem?: unknown }): number =>
      this.problems.push(fields?.problem);
    const log = { ...silentLogger, warn };
    const { memory, vectorsKey } = this.store;
    if (known !== undefined) vectorsKey.set(known);
    const options = { directory, storedPrecision: precision, readOnly: false, log, above: 0, vectorsKey };
    this.keeper = new VectorKeeper(memory, options);
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
  finish(first.keeper.save());
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
    finish(before.fill().keeper.save());
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

test('a file whose key the database has is not compared with it, any other is, and then has the key', () => {
  withFolder((directory) => {
    const before = saved(directory);
    const key = before.store.vectorsKey.get();
    equal(key?.length, 64);
    const known = new Process(directory, undefined, vectors, key).fill();
    equal(known.store.compared, 0);
    equal(known.store.read, 0);
    deepEqual(known.answers(), before.answers());
    for (const other of [undefined, '0'.repeat(64)]) {
      const after = new Process(directory, undefined, vectors, other).fill();
      equal(after.store.compared, 400);
      equal(after.store.vectorsKey.get(), key);
      deepEqual(after.answers(), before.answers());
    }
    // An earlier state of the database, in which another vector got the sequence number, lacks the key.
    const given = vectors.with(200, new Float32Array(dimension).fill(1));
    const earlier = new Process(directory, undefined, given, '0'.repeat(64)).fill();
    deepEqual(earlier.problems, ['it has other vectors than the database']);
    equal(earlier.store.vectorsKey.get(), '0'.repeat(64));
    const again = saved(directory);
    equal(again.store.vectorsKey.get() === key, false, 'each file has a key of its own');
  });
});

/** Vectors of which a block of the file has 384, in a memory that is filled. */
const wide = 2048;
const many = clustered(1000, wide, 5);
function filled(given: readonly Float32Array[]): Store {
  const store = storeOf(wide, given, choice);
  finish(store.memory.fill());
  return store;
}
const keeperOf = ({ memory, vectorsKey }: Store, directory: string, readOnly = false): VectorKeeper =>
  new VectorKeeper(memory, { directory, readOnly, log: silentLogger, above: 0, vectorsKey });

test('the file is written in parts, between which rows come, go and are found', () => {
  withFolder((directory) => {
    const store = filled(many);
    const path = join(directory, cacheName(1));
    const [first, second] = clustered(2, wide, 5, 9) as [Float32Array, Float32Array];
    const nearest = (vector: Float32Array): number | undefined =>
      finish(exactScan(store.memory, { vector, choice, n: 1 }))[0]?.sequence;
    const keeper = keeperOf(store, directory);
    let parts = 0;
    for (const saving = keeper.save(); saving.next().done !== true; parts += 1) {
      equal(existsSync(path), false, 'there is a file before it is whole');
      const added = store.add(parts === 0 ? first : second);
      keeper.changed(1);
      finish(store.memory.fill());
      equal(nearest(parts === 0 ? first : second), parts < 2 ? added : 2003);
      if (parts === 1) store.delete(1);
    }
    equal(parts, 3);
    deepEqual(readdirSync(directory), [cacheName(1)]);

    const after = storeOf(wide, [...many, first, second, second], choice);
    after.delete(1);
    keeperOf(after, directory);
    finish(after.memory.fill());
    equal(after.read, 3, 'what came meanwhile is read from the database');
    const query = { vector: many[20] as Float32Array, choice, n: 1000 };
    deepEqual(finish(exactScan(after.memory, query)), finish(exactScan(store.memory, query)));
  });
});

test('a file that is not written to its end leaves the former one; what a killed process left goes with the next', () => {
  withFolder((directory) => {
    const store = filled(many.slice(0, 500));
    const keeper = keeperOf(store, directory);
    finish(keeper.save());
    const path = join(directory, cacheName(1));
    const former = readFileSync(path);
    const given = keeper.save();
    given.next();
    given.return();
    deepEqual(readdirSync(directory), [cacheName(1)]);
    deepEqual(readFileSync(path), former);
    const failing = keeper.save();
    failing.next();
    throws(() => failing.throw(new Error('no room')), /no room/);
    deepEqual(readdirSync(directory), [cacheName(1)]);
    // As a process leaves it that is killed.
    const left = `.${cacheName(1)}.01234567-89ab-cdef-0123-456789abcdef.tmp`;
    writeFileSync(join(directory, left), former.subarray(0, 1000));
    keeperOf(filled(many.slice(0, 500)), directory, true);
    equal(readdirSync(directory).length, 2, 'a reader removes nothing');
    keeperOf(filled(many.slice(0, 500)), directory);
    deepEqual(readdirSync(directory), [cacheName(1)]);
    deepEqual(readFileSync(path), former);
  });
});
