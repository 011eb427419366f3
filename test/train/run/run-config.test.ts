import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseConfig, type RunConfig, serializeConfig, withCall } from '../../../src/train/run/run-config.ts';
import { fixture } from '../../support/repository.ts';

const call = (step: number, command: string | null = null) => ({
  started: '2026-01-01T00:00:00.000Z',
  step,
  command,
  version: '1.0.0',
  commit: null,
  node: 'v20.0.0',
  cpu: 'a processor',
  cores: 2,
  provider: 'cpu',
});

test('a run records its first process and the latest ones, and stays readable whatever their number', () => {
  let config = parseConfig(readFileSync(fixture('train', 'run-0.1.0.json'), 'utf8')) as RunConfig;
  assert.deepEqual(config.calls, []);
  for (let step = 0; step < 1000; step += 1) config = withCall(config, call(step, 'ü'.repeat(5000)));
  assert.deepEqual(
    [config.calls.length, config.calls[0]?.step, config.calls[1]?.step, config.calls.at(-1)?.step],
    [100, 0, 901, 999],
  );
  const text = JSON.stringify(config);
  assert.ok(Buffer.byteLength(text) < 2 ** 20);
  assert.deepEqual(parseConfig(text), config);
});

test('a configuration that was changed is told by its checksum; one without a checksum is taken', () => {
  const early = readFileSync(fixture('train', 'run-0.1.0.json'), 'utf8');
  const config = parseConfig(early) as RunConfig;
  const text = serializeConfig(config);
  assert.deepEqual(parseConfig(text), config);
  const other = text.replace(/"seed": \d+/, '"seed": 12345');
  assert.notEqual(other, text);
  assert.throws(() => parseConfig(other), /does not fit its checksum/);
});
