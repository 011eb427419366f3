import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { rasterize } from '../../src/image/rasterize.ts';

const drawing =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><rect width="5" height="10" fill="#c02020"/></svg>';

test('a drawing comes out in size and format, on white, the same each time', async () => {
  for (const format of ['jpeg', 'png', 'webp'] as const) {
    const options = { width: 60, height: 40, format };
    const bytes = await rasterize(drawing, options);
    assert.deepEqual(await rasterize(drawing, options), bytes);
    const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    assert.deepEqual([info.width, info.height, info.channels], [60, 40, 3]);
    assert.ok((data[0] ?? 0) > 170 && (data[1] ?? 255) < 60, 'red on the left');
    assert.ok((data.at(-2) ?? 0) > 240, 'white on the right');
  }
});

test('grain has the deviation that was asked for and follows its seed', async () => {
  const grey =
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><rect width="1" height="1" fill="#808080"/></svg>';
  const draw = (seed: number): Promise<Uint8Array> =>
    rasterize(grey, { width: 100, height: 100, format: 'png', noise: { sigma: 10, seed } });
  const { channels } = await sharp(await draw(1)).stats();
  assert.ok(Math.abs((channels[0]?.stdev ?? 0) - 10) < 0.5, `${channels[0]?.stdev}`);
  assert.deepEqual(await draw(1), await draw(1));
  assert.notDeepEqual(await draw(1), await draw(2));
});

test('a drawing that is no SVG is an error', async () => {
  await assert.rejects(rasterize('<svg', { width: 9, height: 9, format: 'png' }));
});
