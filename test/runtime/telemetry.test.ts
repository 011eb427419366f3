// slow: starts processes
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { disableTelemetry } from '../../src/runtime/index.ts';
import { startSnapshelf } from '../support/cli.ts';
import { writeStripedFolders } from '../support/pictures.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

test('the choice of the user stands', () => {
  const before = process.env['ORT_DISABLE_TELEMETRY'];
  try {
    process.env['ORT_DISABLE_TELEMETRY'] = '0';
    disableTelemetry();
    assert.equal(process.env['ORT_DISABLE_TELEMETRY'], '0');
  } finally {
    if (before === undefined) delete process.env['ORT_DISABLE_TELEMETRY'];
    else process.env['ORT_DISABLE_TELEMETRY'] = before;
  }
});

test('a model that runs in a thread leaves nothing in the cache folder of the user', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'snapshelf-telemetry-'));
  const [home, cache] = [process.env['HOME'], process.env['XDG_CACHE_HOME']];
  try {
    await writeTinyModel(join(folder, 'tiny.onnx'));
    await writeStripedFolders(join(folder, 'pictures'), 2, 2);
    Object.assign(process.env, { HOME: folder, XDG_CACHE_HOME: join(folder, 'cache') });
    delete process.env['ORT_DISABLE_TELEMETRY'];
    const out = ['--out', join(folder, 'vectors.npy')];
    const { result } = startSnapshelf(
      'embed',
      join(folder, 'pictures'),
      '--model',
      join(folder, 'tiny.onnx'),
      ...out,
    );
    const { code, stderr } = await result;
    assert.equal(code, 0, stderr);
    for (const name of ['cache/Microsoft', '.cache/Microsoft'])
      assert.ok(!existsSync(join(folder, name)), name);
  } finally {
    Object.assign(process.env, { HOME: home, ...(cache !== undefined && { XDG_CACHE_HOME: cache }) });
    if (cache === undefined) delete process.env['XDG_CACHE_HOME'];
    rmSync(folder, { recursive: true, force: true });
  }
});
