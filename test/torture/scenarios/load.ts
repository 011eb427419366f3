import assert from 'node:assert/strict';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import type { Scenario, Torture } from '../scenario.ts';
import { checkDocumented, startServer, type TorturedServer } from '../support/server.ts';

interface Answer {
  readonly status: number;
  readonly ms: number;
  readonly retryAfter: string | undefined;
}

const boundary = 'a-boundary';

/** The bytes of a form with a picture. */
function formOf(name: string, picture: Buffer): Buffer {
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="a"\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), picture, Buffer.from(`\r\n--${boundary}--\r\n`)]);
}

/** Sends a search by picture and measures it; an answer that is not documented throws. */
function search({ url }: TorturedServer, body: Buffer, agent: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const headers = {
      'Content-Type': `multipart/form-data; boundary=${boundary}`,
      'Content-Length': body.length,
    };
    const sent = request(`${url}/v1/collections/kept/search?k=3`, { method: 'POST', agent, headers });
    sent.on('error', reject);
    sent.on('response', (answer: IncomingMessage) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      answer.on('end', () => {
        const ms = performance.now() - started;
        try {
          checkDocumented(answer.statusCode ?? 0, text);
          resolve({ status: answer.statusCode ?? 0, ms, retryAfter: answer.headers['retry-after'] });
        } catch (error) {
          reject(error);
        }
      });
      answer.on('error', reject);
    });
    sent.end(body);
  });
}

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))] ?? 0;

const connections = 256;
/** The longest that a request may wait for its turn. */
const longestWaitMs = 1000;

/** Sends ten times what the server can do, from 256 connections. */
async function overload(torture: Torture, server: TorturedServer, picture: Buffer): Promise<void> {
  const row = torture.row(`10 x overload from ${connections} connections`, { wanted: 2000 });
  if (!row.isWanted) return;
  const body = formOf('image', picture);
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const alone: number[] = [];
  for (let i = 0; i < 30; i += 1) alone.push((await search(server, body, agent)).ms);
  const unloaded = percentile(alone, 0.99);
  // One request after the other: that many the server can do in a second, at least.
  const perSecond = 1000 / (alone.reduce((sum, ms) => sum + ms, 0) / alone.length);
  const answers: Answer[] = [];
  const gapMs = (1000 * connections) / (10 * perSecond);
  let lane = 0;
  const all = { ...torture.terms, seconds: Math.max(3, torture.terms.seconds) };
  const end = performance.now() + 1000 * all.seconds;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      // Connections begin one after the other, and each sends again at its own pace.
      let next = performance.now() + (lane++ * gapMs) / connections;
      while (performance.now() < end) {
        await sleep(Math.max(0, next - performance.now()));
        next += gapMs;
        await row.once(async () => void answers.push(await search(server, body, agent)));
      }
    }),
  );
  agent.destroy();
  const accepted = answers.filter(({ status }) => status === 200).map(({ ms }) => ms);
  const refused = answers.filter(({ status }) => status !== 200);
  const worst = percentile(accepted, 0.99);
  const limit = longestWaitMs + 3 * unloaded;
  const median = percentile(
    refused.map(({ ms }) => ms),
    0.5,
  );
  torture.remark(
    `${answers.length} requests at ${Math.round(10 * perSecond)} per second: ${accepted.length} accepted, p99 ${Math.round(worst)} ms (alone ${Math.round(unloaded)} ms), ${refused.length} refused, median ${Math.round(median)} ms`,
  );
  if (accepted.length === 0) row.lose('nothing was accepted');
  // Times are those of the machine: they count where it has nothing else to do.
  if (torture.terms.full && worst > limit)
    row.lose(`p99 of the accepted is ${Math.round(worst)} ms, more than ${Math.round(limit)}`);
  for (const { status, retryAfter } of refused)
    if (status !== 503 || retryAfter === undefined) row.lose(`${status} with Retry-After ${retryAfter}`);
}

/** Opens a connection and sends these bytes. */
function open({ url }: TorturedServer, text: string): Socket {
  const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(text));
  socket.on('error', () => {});
  return socket;
}

const count = 200;
/** Memory that the searches beside them take, MB. */
const besideMb = 64;

/** Searches while others are slow: each is answered. */
async function searchBeside(server: TorturedServer, picture: Buffer): Promise<void> {
  const agent = new Agent();
  for (let i = 0; i < 5; i += 1)
    assert.equal((await search(server, formOf('image', picture), agent)).status, 200);
}

/** Announce large bodies and send next to nothing. */
async function slowSenders(torture: Torture, server: TorturedServer, picture: Buffer): Promise<void> {
  const row = torture.row('slow senders', { wanted: count });
  if (!row.isWanted) return;
  const head = [
    'POST /v1/collections/shop/items/batch HTTP/1.1',
    'Host: localhost',
    `Content-Type: multipart/form-data; boundary=${boundary}`,
    `Content-Length: ${128 * 2 ** 20}`,
  ].join('\r\n');
  const sockets = Array.from({ length: count }, () => open(server, `${head}\r\n\r\n--${boundary}\r\n`));
  const drip = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write('x');
  }, 200);
  await sleep(500);
  await row.run(async () => {
    for (let i = 0; i < 3; i += 1) await searchBeside(server, picture);
  });
  row.count(count - 1);
  clearInterval(drip);
  for (const socket of sockets) socket.destroy();
}

/** Milliseconds that a client may take nothing of its answer. */
const writeTimeoutMs = 2000;

/** Ask for a large stored picture and never read it. */
async function slowReaders(torture: Torture, server: TorturedServer, picture: Buffer): Promise<void> {
  const row = torture.row('slow readers', { wanted: count });
  if (!row.isWanted) return;
  const pixels = Buffer.alloc(2400 * 2400 * 3);
  for (let i = 0; i < pixels.length; i += 1) pixels[i] = (i * 7919 + (i >> 7)) & 255;
  const large = await sharp(pixels, { raw: { width: 2400, height: 2400, channels: 3 } })
    .png({ compressionLevel: 0 })
    .toBuffer();
  const type = { 'Content-Type': `multipart/form-data; boundary=${boundary}` };
  const body = new Uint8Array(formOf('image', large));
  const put = await fetch(`${server.url}/v1/collections/shop/items/large`, {
    method: 'PUT',
    headers: type,
    body,
  });
  assert.ok(put.ok, await put.text());
  await sleep(300);
  const before = torture.load?.megabytes ?? 0;
  const ask = 'GET /v1/collections/shop/items/large/image HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const sockets = Array.from({ length: count }, () => open(server, ask).pause());
  await sleep(1000);
  await row.run(() => searchBeside(server, picture));
  row.count(count - 1);
  const more = (torture.load?.megabytes ?? 0) - before;
  torture.remark(
    `${count} readers of ${Math.round(large.length / 2 ** 20)} MiB that do not read: ${more} MB more`,
  );
  if (more > 1.05 * count + besideMb) row.lose(`${count} slow readers took ${more} MB`);
  await sleep(3 * writeTimeoutMs);
  const left = await Promise.all(sockets.map(rest));
  const served = left.filter((bytes) => bytes === undefined || bytes > large.length).length;
  if (served > 0) row.lose(`${served} of ${count} slow readers were not cut off`);
}

/** Reads what a connection still brings. Returns the bytes once the server has ended it, or undefined if it has not. */
function rest(socket: Socket): Promise<number | undefined> {
  return new Promise((resolve) => {
    let bytes = 0;
    socket.on('data', (part) => {
      bytes += part.length;
    });
    const timer = setTimeout(() => socket.destroy(), 20_000);
    let isEnded = socket.destroyed;
    for (const event of ['end', 'error'] as const)
      socket.on(event, () => {
        isEnded = true;
      });
    const close = (): void => {
      clearTimeout(timer);
      resolve(isEnded ? bytes : undefined);
    };
    if (socket.destroyed) close();
    else socket.on('close', close).resume();
  });
}

/** SIGTERM amid searches and with a body that is half sent: over in 8 s, with 0. */
async function terminate(torture: Torture, picture: Buffer): Promise<void> {
  const row = torture.row('SIGTERM under load', { wanted: 5 });
  await row.run(async () => {
    const server = await startServer(torture);
    const agent = new Agent({ keepAlive: true });
    let answered = 0;
    let stopping = false;
    const loops = Array.from({ length: 16 }, async () => {
      while (!stopping) {
        await search(server, formOf('image', picture), agent).then(
          () => {
            answered += 1;
          },
          // The connection may be refused or closed once the server ends; a wrong answer may not be sent.
          (error: NodeJS.ErrnoException) => {
            if (!stopping || error.code === undefined || error.code === 'ERR_ASSERTION') throw error;
          },
        );
      }
    });
    const half = open(
      server,
      `PUT /v1/collections/shop/items/half HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`,
    );
    await sleep(500);
    stopping = true;
    const { code, seconds } = await server.stop();
    await Promise.all(loops);
    half.destroy();
    agent.destroy();
    assert.ok(answered > 0, 'nothing was answered');
    assert.deepEqual([code, server.errors()], [0, '']);
    torture.remark(`SIGTERM: over in ${seconds.toFixed(1)} s`);
    assert.ok(seconds < 8, `it took ${seconds} s`);
  });
}

async function run(torture: Torture): Promise<void> {
  const server = await startServer(torture, { writeTimeoutMs });
  const { picture } = server;
  await overload(torture, server, picture);
  await slowSenders(torture, server, picture);
  await slowReaders(torture, server, picture);
  await torture.row('unharmed afterwards', { wanted: 1 }).once(async () => {
    await server.check();
    assert.deepEqual([(await server.stop()).code, server.errors()], [0, '']);
  });
  await terminate(torture, picture);
}

/** More clients than can be served, clients that are slow, and an end amid all. */
export const scenario: Scenario = { rows: 4, share: 3, run };
