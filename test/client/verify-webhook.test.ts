import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ClientError, verifyWebhook, WebhookError } from '../../src/client/index.ts';
import { newSecret, signedHeaders } from '../../src/server/webhooks/sign.ts';

// A message of the reference implementation, whose package standardwebhooks 1.1.1 signs it just so (https://github.com/standard-webhooks/standard-webhooks).
const golden = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  body: '{"test": 2432232314}',
  at: 1_614_265_330,
  headers: {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  },
};

const at = (t: TestContext, seconds: number): void =>
  t.mock.timers.enable({ apis: ['Date'], now: seconds * 1000 });
const refused = (error: unknown): boolean =>
  error instanceof WebhookError && error instanceof ClientError && error.code === 'webhook-unverified';

test('a message of the reference implementation is signed and verified alike', async (t) => {
  const { secret, body, headers } = golden;
  at(t, golden.at + 60);
  assert.deepEqual(signedHeaders(secret, { id: headers['webhook-id'], body, at: golden.at * 1000 }), headers);
  const event = await verifyWebhook(body, headers, secret);
  assert.deepEqual(event, { test: 2432232314, id: headers['webhook-id'] });
  await verifyWebhook(new TextEncoder().encode(body), new Headers(headers), [
    'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    secret,
  ]);
  const several = { ...headers, 'webhook-signature': `v1a,AAAA v1,AAAA ${headers['webhook-signature']}` };
  await verifyWebhook(body, { 'Webhook-Id': several['webhook-id'], ...several }, secret);
});

test('what was changed, is old, comes too early or is signed by nobody is refused', async (t) => {
  const { secret, body, headers } = golden;
  at(t, golden.at);
  const change = (name: keyof typeof headers, value: string): object => ({ ...headers, [name]: value });
  for (const [text, changed] of [
    [`${body} `, headers],
    [body, change('webhook-id', 'msg_other')],
    [body, change('webhook-id', '')],
    [body, change('webhook-timestamp', String(golden.at + 1))],
    [body, change('webhook-timestamp', `${golden.at}.0`)],
    [body, change('webhook-signature', '')],
    [body, change('webhook-signature', headers['webhook-signature'].replace('v1,', 'v2,'))],
    [body, {}],
  ] as const)
    await assert.rejects(verifyWebhook(text, changed as typeof headers, secret), refused);
  await assert.rejects(verifyWebhook(body, headers, newSecret()), refused);
  await assert.rejects(verifyWebhook(body, headers, 'secret'), TypeError);
  for (const [shift, options, isGood] of [
    [299, {}, true],
    [301, {}, false],
    [-301, {}, false],
    [3000, { toleranceSeconds: 3600 }, true],
  ] as const) {
    t.mock.timers.setTime((golden.at + shift) * 1000);
    const verified = verifyWebhook(body, headers, secret, options);
    if (isGood) await verified;
    else await assert.rejects(verified, refused);
  }
});
