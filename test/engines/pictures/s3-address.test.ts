import assert from 'node:assert/strict';
import { test } from 'node:test';
import { s3Address } from '../../../src/engines/pictures/s3-address.ts';

const keys = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' };

test('an address names a bucket and what all keys begin with; the rest is of the environment', () => {
  const at = s3Address('s3://shop/a/b/', { ...keys, AWS_ENDPOINT_URL: 'http://10.0.0.5:9000/' });
  assert.deepEqual([at.bucket, at.prefix, at.base], ['shop', 'a/b/', 'http://10.0.0.5:9000/shop/']);
  const own = s3Address('s3://shop', { ...keys, AWS_REGION: 'eu-central-1', AWS_SESSION_TOKEN: 'now' });
  assert.deepEqual(
    [own.base, own.prefix, own.region, own.sessionToken],
    ['https://shop.s3.eu-central-1.amazonaws.com/', '', 'eu-central-1', 'now'],
  );
  assert.equal(s3Address('s3://my.shop', keys).base, 'https://s3.us-east-1.amazonaws.com/my.shop/');
});

test('another form, an endpoint with a password in it, and missing keys are refused without saying them', () => {
  for (const url of [
    's3://',
    's3://Shop',
    's3://s',
    'http://shop',
    's3://shop/a b',
    's3://shop/../x',
    's3://shop?x=1',
    's3://shop//x',
  ])
    assert.throws(() => s3Address(url, keys), { name: 'RangeError', message: /has another form/ }, url);
  assert.throws(() => s3Address('s3://shop', { AWS_ACCESS_KEY_ID: 'key' }), /AWS_SECRET_ACCESS_KEY/);
  for (const endpoint of [
    '10.0.0.5:9000',
    'ftp://10.0.0.5',
    'http://me:hush@10.0.0.5',
    'http://10.0.0.5/?x=1',
  ])
    assert.throws(
      () => s3Address('s3://shop', { ...keys, AWS_ENDPOINT_URL: endpoint }),
      (error: Error) => /AWS_ENDPOINT_URL/.test(error.message) && !error.message.includes('hush'),
    );
});
