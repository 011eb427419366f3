import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCpuFlags } from '../../src/runtime/cpu.ts';
import { readCpuInfo } from '../../src/runtime/index.ts';

test('flags are those of the first core, and unknown where none are listed', () => {
  const flags = parseCpuFlags('processor\t: 0\nflags\t\t: fpu avx2 avx512_vnni\n\nflags\t: none\n');
  assert.deepEqual([...(flags ?? [])], ['fpu', 'avx2', 'avx512_vnni']);
  assert.equal(parseCpuFlags('processor : 0\nFeatures : asimd\n'), undefined);
});

test('the facts of this machine are told', () => {
  const facts = readCpuInfo();
  assert.ok(facts.threads >= 1);
  if (process.platform === 'linux' && process.arch === 'x64') assert.equal(typeof facts.vnni, 'boolean');
});
