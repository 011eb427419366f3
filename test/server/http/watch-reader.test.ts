import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, mock, test } from 'node:test';
import type { Request, Response } from 'express';
import { silentLogger } from '../../../src/log.ts';
import { openScope } from '../../../src/server/http/request-scope.ts';
import { watchReader } from '../../../src/server/http/watch-reader.ts';

beforeEach(() => mock.timers.enable({ apis: ['setInterval', 'setTimeout'] }));
afterEach(() => mock.timers.reset());

/** An answer under way over a connection that takes what it is told to. */
function setUp(timeoutMs: number) {
  const socket = Object.assign(new EventEmitter(), { destroyed: false, bytesWritten: 0, writableLength: 0 });
  const request = { socket, get: () => undefined };
  const response = Object.assign(new EventEmitter(), {
    req: request,
    closed: false,
    set: () => {},
    destroy(): void {
      socket.destroyed = true;
      response.emit('close');
    },
  });
  const given = [request as unknown as Request, response as unknown as Response, () => {}] as const;
  openScope(1e9)(...given);
  watchReader(timeoutMs, silentLogger)(...given);
  const write = (bytes: number): void => {
    socket.bytesWritten += bytes;
    socket.writableLength += bytes;
  };
  return { socket, write };
}

test('a client that takes nothing of its answer is cut off after the time', () => {
  const { socket, write } = setUp(5000);
  mock.timers.tick(60_000); // Nothing is to be taken yet.
  assert.ok(!socket.destroyed);
  write(1000);
  mock.timers.tick(4000);
  socket.writableLength -= 1; // It takes a little.
  mock.timers.tick(5000);
  assert.ok(!socket.destroyed);
  mock.timers.tick(1000);
  assert.ok(socket.destroyed);
});

test('a client that takes a little of it all the time is not', () => {
  const { socket, write } = setUp(3000);
  for (let i = 0; i < 100; i += 1) {
    write(10);
    socket.writableLength -= 10;
    socket.writableLength += i % 2;
    mock.timers.tick(2000);
  }
  assert.ok(!socket.destroyed);
});
