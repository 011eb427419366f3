import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { Connections } from '../../../src/server/startup/connections.ts';

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

class FakeSocket extends EventEmitter {
  readonly remoteAddress: string;
  destroyed = false;
  constructor(remoteAddress: string) {
    super();
    this.remoteAddress = remoteAddress;
  }
  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

function setUp(max: number, maxOfAddress: number) {
  const server = new EventEmitter() as Server;
  const connections = new Connections(server, { max, maxOfAddress });
  const connect = (address: string): FakeSocket => {
    const socket = new FakeSocket(address);
    server.emit('connection', socket);
    return socket;
  };
  const isRefused = (socket: FakeSocket): boolean =>
    connections.isRefused({ socket } as unknown as IncomingMessage);
  const begin = (socket: FakeSocket, complete: boolean) => {
    const response = new EventEmitter();
    server.emit('request', { socket, complete }, response);
    return response;
  };
  return { connections, connect, isRefused, begin };
}

test('connections beyond the limit are refused, and closed when they have had time to hear it', () => {
  const { connections, connect, isRefused } = setUp(2, 1);
  const first = connect('127.0.0.1');
  assert.deepEqual([isRefused(first), isRefused(connect('127.0.0.1'))], [false, false]);
  const third = connect('127.0.0.1');
  assert.ok(isRefused(third));
  mock.timers.tick(2000);
  assert.ok(third.destroyed && !first.destroyed);
  first.destroy();
  assert.equal(connections.count, 1);
  assert.ok(!isRefused(connect('127.0.0.1')));
});

test('an address has its share, that of this machine all', () => {
  const { connect, isRefused } = setUp(10, 2);
  const refused = ['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2', '::1', '::1', '::1'].map((address) =>
    isRefused(connect(address)),
  );
  assert.deepEqual(refused, [false, false, true, false, false, false, false]);
});

test('at the end a request that has not arrived in full is cut off, and one that is being answered is not', () => {
  const { connections, connect, begin } = setUp(10, 10);
  const sockets = [connect('::1'), connect('::1'), connect('::1')] as const;
  begin(sockets[0], false);
  begin(sockets[1], true);
  begin(sockets[2], false).emit('close');
  connections.endHalfSent();
  assert.deepEqual(
    sockets.map(({ destroyed }) => destroyed),
    [true, false, false],
  );
});
