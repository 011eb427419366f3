import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, test } from 'node:test';
import { silentLogger } from '../../../src/log.ts';
import { answerBrokenRequests } from '../../../src/server/startup/broken-requests.ts';

let server: Server;
afterEach(() => server.close().closeAllConnections());

async function open(listener: RequestListener, options: { requestTimeout?: number } = {}) {
  server = createServer({ ...options, connectionsCheckingInterval: 10 }, listener);
  answerBrokenRequests(server, silentLogger);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect({ port: (server.address() as AddressInfo).port, allowHalfOpen: true });
  await once(socket, 'connect');
  return socket;
}

/** Returns all that the server sends until it ends; fails if it resets the connection. */
async function answers(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  await once(socket, 'end');
  return text;
}

function assertProblem(answer: string, status: number, code: string): void {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  assert.match(head, new RegExp(`^HTTP/1.1 ${status} [A-Z]`));
  assert.match(head, /^Content-Type: application\/problem\+json/m);
  assert.match(head, /^Connection: close/m);
  const problem = JSON.parse(body);
  assert.deepEqual([problem.status, problem.code], [status, code]);
  assert.ok(head.includes(`X-Request-Id: ${problem.instance.replace('urn:uuid:', '')}`), head);
}

const never: RequestListener = () => assert.fail('The application was asked.');

test('an address that is too long is answered 431, and the client may send the rest of it', async () => {
  const socket = await open(never);
  const answer = answers(socket);
  const errors: Error[] = [];
  socket.on('error', (error) => errors.push(error));
  for (let i = 0; i < 100; i++) {
    socket.write(i === 0 ? `TRACE /${'a'.repeat(20_000)}` : 'a'.repeat(20_000));
    await new Promise(setImmediate);
  }
  socket.end(' HTTP/1.1\r\nHost: localhost\r\n\r\n');
  assertProblem(await answer, 431, 'headers-too-large');
  if (!socket.closed) await once(socket, 'close');
  assert.deepEqual(errors, []);
});

test('what is no HTTP is answered 400', async () => {
  const socket = await open(never);
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: one\r\n\r\n');
  assertProblem(await answers(socket), 400, 'request-invalid');
  socket.end();
});

test('a body that does not arrive in time is answered 408, unless an answer has begun', async () => {
  const slow = await open(() => {}, { requestTimeout: 20 });
  slow.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n');
  assertProblem(await answers(slow), 408, 'body-too-slow');
  server.close().closeAllConnections();
  const begun = await open((_request, response) => void response.write('begun'), { requestTimeout: 20 });
  begun.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n');
  const text = await answers(begun).catch((error: Error) => error.message);
  assert.doesNotMatch(text, /body-too-slow/);
});

test('a broken request behind another one is answered after it', async () => {
  let finish = (): void => {};
  const asked = new Promise<void>((resolve) => {
    const listener: RequestListener = (_request, response) => {
      finish = () => void response.end('first');
      resolve();
    };
    void open(listener).then((socket) => {
      sockets.push(socket);
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\nno HTTP at all\r\n\r\n');
    });
  });
  const sockets: Socket[] = [];
  await asked;
  const [socket] = sockets as [Socket];
  const answer = answers(socket);
  setImmediate(finish);
  const [, second = ''] = (await answer).split('first');
  socket.end();
  assertProblem(second.slice(second.indexOf('HTTP')), 400, 'request-invalid');
});
