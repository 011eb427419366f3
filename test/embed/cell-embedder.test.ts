import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import sharp from 'sharp';
import { CellEmbedder } from '../../src/embed/index.ts';
import { metadataKey, serializeMetadata } from '../../src/model/index.ts';
import { decodeModel, encodeModel, setProperty } from '../../src/onnx/index.ts';
import { fixture } from '../support/repository.ts';

interface Golden {
  readonly activation: readonly number[];
  readonly features: readonly (readonly number[])[];
  readonly subject: readonly [number, number, number, number];
}

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-cells-'));
const { pictures } = JSON.parse(readFileSync(fixture('cells', 'cells.json'), 'utf8')) as {
  pictures: Golden[];
};
const files = ['one.png', 'other.png'].map((name) => readFileSync(fixture('cells', name)));
let cells: CellEmbedder;

before(async () => {
  cells = await CellEmbedder.open(fixture('cells', 'model.onnx'), { threads: 1 });
});
after(async () => {
  await cells.close();
  rmSync(folder, { recursive: true, force: true });
});

const near = (actual: Iterable<number>, expected: readonly number[]): void => {
  const values = [...actual];
  assert.equal(values.length, expected.length);
  expected.forEach((value, i) => {
    assert.ok(Math.abs((values[i] as number) - value) < 1e-5, `${i}: ${values[i]} instead of ${value}`);
  });
};

test('activations, features and subjects of pictures are those of PyTorch and SciPy', async () => {
  assert.equal(cells.hasFeatures, true);
  for (const [at, golden] of pictures.entries()) {
    const image = files[at] as Buffer;
    const seen = await cells.look(image);
    near(seen.activation, golden.activation);
    near(seen.features, golden.features.flat());
    assert.deepEqual(seen.area, { unit: 'pixels', left: 0, top: 0, width: 64, height: 64 });
    const [left, top, right, bottom] = golden.subject.map((cell) => cell * 8);
    const { crop } = await cells.subject(image);
    const [width, height] = [Number(right) - Number(left), Number(bottom) - Number(top)];
    assert.deepEqual(crop, { unit: 'pixels', left, top, width, height });
  }
});

test('the area is what the model sees of a crop, with the border that a small one gets', async () => {
  const crop = { unit: 'pixels', left: 10, top: 4, width: 40, height: 60 } as const;
  const { area, width, height } = await cells.look(files[0] as Buffer, { crop });
  assert.deepEqual(area, { unit: 'pixels', left: -2, top: 2, width: 64, height: 64 });
  assert.deepEqual([width, height], [64, 64]);
});

test('a subject of an upright picture is framed so that the centre crop of the model shows all of it', async () => {
  const model = decodeModel(readFileSync(fixture('cells', 'model.onnx')));
  const metadata = JSON.parse(model.metadataProps.find(({ key }) => key === metadataKey)?.value ?? '');
  const resize = { mode: 'short-side', size: 80, filter: 'bilinear' };
  setProperty(
    model,
    metadataKey,
    serializeMetadata({ ...metadata, preprocessing: { ...metadata.preprocessing, resize } }),
  );
  const path = join(folder, 'framed.onnx');
  writeFileSync(path, encodeModel(model));
  await using framed = await CellEmbedder.open(path, { threads: 1 });
  // The subject is at cells 3 to 7 and 1 to 6 of 8; the picture is 640 x 480 when upright.
  const sideways = await sharp(files[0])
    .resize(640, 480, { fit: 'fill', kernel: 'nearest' })
    .rotate(-90)
    .withMetadata({ orientation: 6 })
    .png()
    .toBuffer();
  const { crop } = await framed.subject(sideways);
  // 320 x 300 pixels: the longer side fills 64 of the 80 pixels of the short side.
  assert.deepEqual(crop, { unit: 'pixels', left: 200, top: 10, width: 400, height: 400 });
  const { area } = await framed.look(sideways, { crop });
  assert.deepEqual(area, { unit: 'pixels', left: 240, top: 50, width: 320, height: 320 });
});
