import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { SnapshelfError } from '../../src/errors.ts';
import { NpyFile, parseNpy, readNpy, readNpyDoubles } from '../../src/tensor/index.ts';
import { repositoryRoot } from '../support/repository.ts';

// Written by NumPy; see make.py there.
const fixtures = join(repositoryRoot, 'test', 'fixtures', 'npy');
const at = (name: string): string => join(fixtures, `${name}.npy`);
const values = JSON.parse(readFileSync(join(fixtures, 'values.json'), 'utf8')) as Record<string, number[][]>;
const folder = mkdtempSync(join(tmpdir(), 'snapshelf-npy-'));
after(() => rmSync(folder, { recursive: true }));

const refuses = (work: () => unknown, says: RegExp): Promise<void> =>
  assert.rejects(
    async () => work(),
    (error: unknown) => {
      assert.ok(error instanceof SnapshelfError && error.code === 'source-invalid', String(error));
      assert.match(error.message, says);
      return true;
    },
  );

test("NumPy's float16, float32 and float64 are read to the last bit, whole, by rows and from memory", async () => {
  for (const name of ['half', 'single', 'double', 'version2']) {
    const rows = values[name] ?? values['single'] ?? [];
    const wanted = Float32Array.from(rows.flat());
    assert.deepEqual((await readNpy(at(name))).data, wanted);
    assert.deepEqual(parseNpy(readFileSync(at(name)), 'it').data, wanted);
    // Somewhere inside a larger buffer, where no float32 may begin.
    const shifted = Buffer.concat([Buffer.alloc(1), readFileSync(at(name))]).subarray(1);
    assert.deepEqual(parseNpy(shifted, 'it').data, wanted);
    assert.deepEqual((await readNpyDoubles(at(name))).data, Float64Array.from(rows.flat()));
    await using file = await NpyFile.open(at(name));
    assert.deepEqual([file.rows, file.columns], [3, 3]);
    assert.deepEqual(await file.read(1, 2), wanted.slice(3));
  }
  const empty = await readNpy(at('empty'));
  assert.deepEqual([empty.rows, empty.columns, empty.data.length], [0, 3, 0]);
});

test('other files are refused with what they are', async () => {
  for (const [name, says] of [
    ['big-endian', />f4/],
    ['fortran', /Fortran order: save it in C order/],
    ['one-axis', /no matrix/],
    ['three-axes', /no matrix/],
    ['integers', /<i4/],
    ['missing', /cannot be read/],
  ] as const)
    await refuses(() => readNpy(at(name)), says);
  await refuses(() => readNpy(fixtures), /a folder/);
});

test('a file that was cut or changed anywhere is refused or read within its bytes', async () => {
  const whole = readFileSync(at('single'));
  for (let length = 0; length < whole.length; length += 1)
    await refuses(
      () => parseNpy(whole.subarray(0, length), 'it'),
      /is no|is cut off|should have|header|Fortran|numbers/,
    );
  for (let place = 0; place < whole.length; place += 1)
    for (const flip of [0xff, 0x01, 0x10]) {
      const changed = Buffer.from(whole);
      changed[place] = (changed[place] ?? 0) ^ flip;
      try {
        assert.equal(parseNpy(changed, 'it').data.length, 9);
      } catch (error) {
        assert.ok(error instanceof SnapshelfError && error.code === 'source-invalid', String(error));
      }
    }
});

test('a file that is cut while it is read is refused', async () => {
  const path = join(folder, 'cut.npy');
  writeFileSync(path, readFileSync(at('single')));
  await using file = await NpyFile.open(path);
  writeFileSync(path, readFileSync(at('single')).subarray(0, 140));
  await refuses(() => file.read(0, 3), /was cut off/);
});
