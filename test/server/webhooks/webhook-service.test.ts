import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { verifyWebhook } from '../../../src/client/index.ts';
import { SnapshelfError } from '../../../src/errors.ts';
import { Webhooks } from '../../../src/server/index.ts';

const minute = 60_000;
const counts = { added: 1, replaced: 0, unchanged: 0, removed: 0, failed: 0 };
const withCode = (code: string) => (error: unknown) => error instanceof SnapshelfError && error.code === code;

interface Sent {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A receiver whose answers are given one after the other; 204 once they are used up. Undefined: it is silent until the sender gives up. */
class Receiver {
  readonly sent: Sent[] = [];
  readonly answers: (number | undefined)[];

  constructor(...answers: (number | undefined)[]) {
    this.answers = answers;
  }

  check = String;

  async send(url: string, { headers, body }: Omit<Sent, 'url'>, signal: AbortSignal) {
    this.sent.push({ url, headers, body });
    const status = this.answers.length === 0 ? 204 : this.answers.shift();
    if (status !== undefined) return { status, retryAfter: undefined };
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    throw signal.reason;
  }

  async close(): Promise<void> {}
}

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'snapshelf-webhooks-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Opens the webhooks of a folder of their own; the test closes them. */
async function opened(t: TestContext, sender: Receiver): Promise<Webhooks> {
  const folder = mkdtempSync(join(tmpdir(), 'snapshelf-webhooks-'));
  const webhooks = await Webhooks.open(folder, { sender });
  t.after(async () => {
    await webhooks.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return webhooks;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

/** Makes the clock and the timers those of the test, at a moment of a whole second. */
const stopClock = (t: TestContext): void =>
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_900_000_000_000 });

const statesOf = (webhooks: Webhooks, id: string) =>
  webhooks.deliveries(id).map(({ state, tries }) => `${state} ${tries}`);

test('an event is sent signed, again after a failure, under one id, until it is taken', async (t) => {
  stopClock(t);
  const receiver = new Receiver(500, 503);
  const webhooks = await opened(t, receiver);
  const { webhook, secret } = await webhooks.create({ url: 'https://hooks.example/' });
  assert.equal(await webhooks.tell('import.finished', { collection: 'shop', ...counts }), 1);
  await until(() => statesOf(webhooks, webhook.id)[0] === 'pending 1');
  t.mock.timers.tick(4999);
  assert.equal(receiver.sent.length, 1);
  t.mock.timers.tick(1002);
  await until(() => statesOf(webhooks, webhook.id)[0] === 'pending 2');
  for (let minutes = 0; minutes < 6; minutes += 1) t.mock.timers.tick(minute);
  await until(() => statesOf(webhooks, webhook.id)[0] === 'delivered 3');
  const ids = new Set<string>();
  for (const { body, headers } of receiver.sent) {
    const age = Date.now() / 1000 - Number(headers['webhook-timestamp']);
    const event = await verifyWebhook(body, headers, secret, { toleranceSeconds: age });
    ids.add(event.id);
    assert.deepEqual(event.data, { collection: 'shop', ...counts });
  }
  assert.equal(ids.size, 1);
  assert.equal(new Set(receiver.sent.map(({ headers }) => headers['webhook-timestamp'])).size, 3);
});

test('what is on its way survives the process, whether it is closed or not', async (t) => {
  stopClock(t);
  const data = folderOf(t);
  const first = await Webhooks.open(data, { sender: new Receiver(undefined) });
  const { webhook } = await first.create({ url: 'https://hooks.example/' });
  await first.tell('import.finished', { collection: 'shop', ...counts });
  // Not closed, as by kill -9: only what is on disk counts.
  const killed = new Receiver(undefined);
  const second = await Webhooks.open(data, { sender: killed });
  await until(() => killed.sent.length === 1);
  await second.close();
  assert.deepEqual(statesOf(second, webhook.id), ['pending 0'], 'a try that was broken off does not count');
  const receiver = new Receiver();
  const third = await Webhooks.open(data, { sender: receiver });
  await until(() => statesOf(third, webhook.id)[0] === 'delivered 1');
  assert.equal(receiver.sent[0]?.body, killed.sent[0]?.body);
  assert.equal(receiver.sent[0]?.headers['webhook-id'], killed.sent[0]?.headers['webhook-id']);
  await third.close();
  await first.close();
  const idle = new Receiver();
  const fourth = await Webhooks.open(data, { sender: idle });
  await fourth.close();
  assert.equal(idle.sent.length, 0, 'what was delivered is not sent again');
});

test('after 8 tries a delivery is given up, shown, and sent again only when that is asked for', async (t) => {
  stopClock(t);
  const receiver = new Receiver(...Array(8).fill(500));
  const webhooks = await opened(t, receiver);
  const { webhook } = await webhooks.create({ url: 'https://hooks.example/' });
  const { id } = await webhooks.test(webhook.id);
  for (let tries = 1; tries <= 8; tries += 1) {
    await until(() => webhooks.deliveries(webhook.id)[0]?.tries === tries);
    const { nextAt } = webhooks.deliveries(webhook.id)[0] ?? {};
    // The courier looks every minute, whatever it waits for.
    while (nextAt != null && Date.now() < Date.parse(nextAt)) t.mock.timers.tick(minute);
  }
  const [given] = webhooks.deliveries(webhook.id);
  assert.deepEqual([given?.state, given?.why, receiver.sent.length], ['failed', 'It was tried 8 times.', 8]);
  for (let hours = 0; hours < 48; hours += 1) t.mock.timers.tick(60 * minute);
  assert.equal(receiver.sent.length, 8);
  await webhooks.retry(webhook.id, id);
  await until(() => statesOf(webhooks, webhook.id)[0] === 'delivered 1');
  assert.equal(receiver.sent[8]?.headers['webhook-id'], receiver.sent[0]?.headers['webhook-id']);
  await assert.rejects(webhooks.retry(webhook.id, 'f'.repeat(24)), withCode('webhook-not-found'));
});

test('one receiver that is slow or gone keeps no other from its events', async (t) => {
  stopClock(t);
  const receiver = new Receiver(undefined, 204, 410);
  const webhooks = await opened(t, receiver);
  const made = async (name: string): Promise<string> =>
    (await webhooks.create({ url: `https://${name}.example/` })).webhook.id;
  const slow = await made('slow');
  const good = await made('good');
  await webhooks.tell('import.finished', { collection: 'shop', ...counts });
  await until(() => statesOf(webhooks, good)[0] === 'delivered 1');
  assert.deepEqual(statesOf(webhooks, slow), ['pending 0']);
  await webhooks.remove(good);
  const gone = await made('gone');
  await webhooks.test(gone);
  await until(() => webhooks.get(gone).disabledAt !== null);
  assert.deepEqual(statesOf(webhooks, gone), ['failed 1']);
  assert.equal(
    await webhooks.tell('import.finished', { collection: 'shop', ...counts }),
    1,
    'only to the slow one',
  );
  await webhooks.remove(slow);
  assert.throws(() => webhooks.deliveries(slow), withCode('webhook-not-found'));
});

test('a webhook is sent the types and collections that it is for', async (t) => {
  const webhooks = await opened(t, new Receiver());
  await webhooks.create({ url: 'https://a.example/', events: ['reindex.finished'] });
  await webhooks.create({ url: 'https://b.example/', collections: ['books'] });
  await webhooks.create({ url: 'https://c.example/' });
  const told = async (collection: string): Promise<number> =>
    webhooks.tell('import.finished', { collection, ...counts });
  assert.deepEqual([await told('shop'), await told('books')], [1, 2]);
});

test('a job whose end was not told is told by the next process, once, under the same id', async (t) => {
  const data = folderOf(t);
  const job = { type: 'reindex.finished', collection: 'shop', model: 'm' } as const;
  const end = { collection: 'shop', state: 'interrupted', done: 1, total: 2 } as const;
  const first = await Webhooks.open(data, { sender: new Receiver(undefined) });
  const { webhook } = await first.create({ url: 'https://hooks.example/' });
  await first.begin(job);
  const tellOther = await first.begin(job);
  await tellOther({ ...end, state: 'done' });
  await first.close();
  const tellLate = await first.begin(job);
  await tellLate(end);
  const receiver = new Receiver();
  const second = await Webhooks.open(data, { sender: receiver });
  let left = 0;
  const endOf = async () => {
    left += 1;
    return end;
  };
  await second.tellLeft(endOf);
  await second.tellLeft(endOf);
  assert.equal(left, 2, 'the one that had no end, and the one that ended after the close');
  await until(() => statesOf(second, webhook.id).every((state) => state === 'delivered 1'));
  await second.close();
  const states = receiver.sent.map(({ body }) => JSON.parse(body).data.state);
  assert.deepEqual(states.sort(), ['done', 'interrupted', 'interrupted']);
});

test('secrets are for this user alone, and a damaged list stops the start instead of being lost', async (t) => {
  const data = folderOf(t);
  const webhooks = await Webhooks.open(data, { sender: new Receiver() });
  const made = [];
  for (let number = 0; number < 20; number += 1)
    made.push(await webhooks.create({ url: `https://hooks.example/${number}` }));
  await assert.rejects(webhooks.create({ url: 'https://hooks.example/21' }), withCode('webhooks-invalid'));
  await webhooks.close();
  const file = join(data, 'webhooks.json');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.ok(!JSON.stringify(webhooks.list()).includes('whsec_'));
  assert.equal(new Set(made.map(({ secret }) => secret)).size, 20);
  const text = readFileSync(file, 'utf8');
  for (const damaged of [text.slice(0, -10), text.replace('"https:', '"unknown": 1, "https:')]) {
    writeFileSync(file, damaged);
    await assert.rejects(Webhooks.open(data), withCode('webhooks-invalid'));
  }
  writeFileSync(file, text);
  mkdirSync(join(data, 'webhooks'));
  writeFileSync(join(data, 'webhooks', `${'a'.repeat(24)}.json`), '{"half":');
  const again = await Webhooks.open(data, { sender: new Receiver() });
  assert.equal(again.list().length, 20);
  await again.close();
});

test('without a list of receivers no address is taken', async (t) => {
  const webhooks = await Webhooks.open(folderOf(t));
  await assert.rejects(webhooks.create({ url: 'https://hooks.example/' }), withCode('url-refused'));
  await webhooks.close();
});
