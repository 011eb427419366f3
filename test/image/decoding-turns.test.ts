import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { DecodingTurns } from '../../src/image/decoding-turns.ts';
import type { Priority } from '../../src/threads/index.ts';

const small = 1_000_000;
const medium = 12_000_000;
const large = 49_000_000;

/** Turns whose work ends when told, in the order in which it began. */
function setUp(width = 4, bulkWidth = 2) {
  let now = 0;
  const turns = new DecodingTurns({ width, bulkWidth, now: () => now });
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const put = (name: string, pixels: number, priority?: Priority, signal?: AbortSignal) => {
    const work = async (): Promise<string> => {
      begun.push(name);
      await new Promise<void>((resolve) => ends.set(name, resolve));
      return name;
    };
    return turns.run(work, { pixels, priority, signal });
  };
  const end = async (name: string): Promise<void> => {
    ends.get(name)?.();
    await setImmediate();
  };
  const advance = (ms: number): void => {
    now += ms;
  };
  return { begun, put, end, advance };
}

test('large pictures leave room: a small one begins at once beside any number of them', async () => {
  const { begun, put, end } = setUp();
  for (let i = 0; i < 24; i += 1) void put(`large ${i}`, large);
  for (let i = 0; i < 5; i += 1) void put(`medium ${i}`, medium);
  await setImmediate();
  assert.deepEqual(begun, ['large 0', 'medium 0', 'medium 1']);
  void put('small', small);
  await setImmediate();
  assert.equal(begun.at(-1), 'small');
  await end('medium 0');
  assert.equal(begun.at(-1), 'medium 2');
});

test('small ones come first, but one of each size gets on', async () => {
  const { begun, put, end } = setUp();
  for (const name of ['a', 'b', 'c', 'd']) void put(name, small);
  void put('large', large);
  void put('large too', large);
  void put('medium', medium);
  for (const name of ['e', 'f', 'g', 'h']) void put(name, small);
  await setImmediate();
  for (const name of ['a', 'b', 'c', 'd', 'e']) await end(name);
  assert.deepEqual(begun.slice(4), ['medium', 'large', 'e', 'f', 'g']);
});

test('searches pass single changes, and these pass bulk work, which leaves them room', async () => {
  const { begun, put, end } = setUp();
  for (let i = 0; i < 4; i += 1) void put(`bulk ${i}`, small, 'background');
  await setImmediate();
  assert.deepEqual(begun, ['bulk 0', 'bulk 1']);
  for (const name of ['change 0', 'change 1', 'change 2']) void put(name, small, 'middle');
  void put('search', small);
  await setImmediate();
  await end('change 0');
  await end('bulk 0');
  assert.deepEqual(begun.slice(2), ['change 0', 'change 1', 'search', 'change 2']);
  await end('change 1');
  assert.equal(begun.at(-1), 'bulk 2');
});

test('without searches bulk work takes all that it may, and less soon after one', async () => {
  const { begun, put, end, advance } = setUp(4, 4);
  void put('search', small);
  await setImmediate();
  await end('search');
  for (let i = 0; i < 5; i += 1) void put(`bulk ${i}`, small, 'background');
  await setImmediate();
  assert.equal(begun.length, 3);
  advance(10_000);
  await end('bulk 0');
  assert.equal(begun.length, 6);
});

test('one that is given up while it waits never begins', async () => {
  const { begun, put, end } = setUp();
  const gone = new AbortController();
  void put('first', large);
  const second = put('second', large, 'foreground', gone.signal);
  gone.abort(new Error('left'));
  await assert.rejects(second, /left/);
  void put('third', large);
  await end('first');
  assert.deepEqual(begun, ['first', 'third']);
});
