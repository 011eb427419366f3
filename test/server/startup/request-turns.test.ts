import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inTurns } from '../../../src/server/startup/request-turns.ts';

/** A listener whose requests take so many milliseconds of a clock of its own, and the numbers of those that have begun. */
function listenerTaking(ms: number) {
  const begun: number[] = [];
  let clock = 0;
  const listener = inTurns(
    (request) => {
      begun.push(Number(request.url));
      clock += ms;
    },
    () => clock,
  );
  const take = (number: number): void =>
    listener({ url: `${number}` } as IncomingMessage, {} as unknown as ServerResponse);
  return { begun, take };
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

test('requests that come at once begin in their order, two milliseconds of them in a turn', async () => {
  const { begun, take } = listenerTaking(1);
  for (const i of numbers(7)) take(i);
  assert.deepEqual(begun, numbers(2));
  await nextTurn();
  assert.deepEqual(begun, numbers(4));
  take(7);
  assert.deepEqual(begun, numbers(4), 'one that comes later waits behind the others');
  await nextTurn();
  await nextTurn();
  assert.deepEqual(begun, numbers(8));
});

test('each turn begins at least one request, and one that comes alone begins at once', async () => {
  const { begun, take } = listenerTaking(100);
  for (const i of numbers(3)) take(i);
  for (const count of [1, 2, 3]) {
    assert.deepEqual(begun, numbers(count));
    await nextTurn();
  }
  await nextTurn();
  take(3);
  assert.deepEqual(begun, numbers(4));
});

test('a body that came before its request began is there', async (t) => {
  const bodies: string[] = [];
  const begin = (incoming: IncomingMessage, response: ServerResponse): void => {
    let body = '';
    incoming.setEncoding('utf8').on('data', (part: string) => {
      body += part;
    });
    incoming.on('end', () => response.end(String(bodies.push(body))));
  };
  let clock = 0;
  // No turn has time for more than one.
  const server = createServer(inTurns(begin, () => (clock += 10)));
  t.after(() => server.close().closeAllConnections());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const send = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const sent = request({ port, method: 'POST' }, (answer) => answer.resume().once('end', resolve));
      sent.end(text.repeat(50_000));
    });
  await Promise.all(['a', 'b', 'c', 'd'].map(send));
  assert.deepEqual(
    bodies.sort(),
    ['a', 'b', 'c', 'd'].map((text) => text.repeat(50_000)),
  );
});
