import { deepEqual, notDeepEqual, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { withChecksum, withoutChecksum } from '../../src/json/index.ts';

const value = { id: 'müg', size: 3, list: [1, { a: null }], none: undefined };
const text = JSON.stringify(withChecksum(value));

test('what was written is read, and files of earlier versions, which have no checksum', () => {
  const { none: _, ...kept } = value;
  deepEqual(withoutChecksum(JSON.parse(text)), kept);
  deepEqual(withoutChecksum(JSON.parse(JSON.stringify(value))), kept);
  for (const other of [null, 7, 'a', [1]]) deepEqual(withoutChecksum(other), other);
});

test('whatever byte is wrong, another value is never taken for what was written', () => {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 1) {
    const wrong = Buffer.from(bytes);
    wrong[at] = (wrong[at] as number) ^ 1;
    let parsed: Record<string, unknown>;
    try {
      parsed = JSON.parse(wrong.toString());
    } catch {
      continue;
    }
    notDeepEqual(parsed, JSON.parse(text));
    // A name that is not "checksum" any more is one that no schema knows.
    if ('checksum' in parsed) throws(() => withoutChecksum(parsed), /does not fit its checksum/);
  }
});
