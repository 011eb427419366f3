import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SnapshelfError } from '../../src/errors.ts';
import { AllowedHosts, checkAllowedHost } from '../../src/remote/allowed-hosts.ts';

const hosts = new AllowedHosts(['Pictures.example', '*.cdn.example', 'bücher.example']);

test('addresses of listed hosts are taken', () => {
  for (const address of [
    'https://pictures.example/a.jpg',
    'HTTP://PICTURES.example:80/a.jpg?x=1#y',
    'https://a.cdn.example',
    'https://a.b.cdn.example/x',
    'https://b%C3%BCcher.example/',
    'https://pictures。example/',
  ])
    assert.ok(hosts.check(address) instanceof URL, address);
});

test('other hosts, schemes, ports, users and addresses that are numbers are refused', () => {
  for (const address of [
    '',
    'pictures.example/a.jpg',
    'file:///etc/passwd',
    'ftp://pictures.example/a.jpg',
    'data:image/png;base64,AAAA',
    'https://other.example/',
    'https://cdn.example/',
    'https://evilcdn.example/',
    'https://pictures.example.evil.example/',
    'https://pictures.example./',
    'https://pictures.example:8443/',
    'https://pictures.example:22/',
    'https://user@pictures.example/',
    'https://user:word@pictures.example/',
    'https://pictures.example@127.0.0.1/',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://localhost/',
    'https://evil.example#pictures.example',
    'https://evil.example\\pictures.example',
  ])
    assert.throws(
      () => hosts.check(address),
      (error) => error instanceof SnapshelfError && error.code === 'url-refused',
      address,
    );
});

test('a redirect is resolved and checked like the first address, and never to plain HTTP', () => {
  const from = hosts.check('https://pictures.example/folder/a.jpg');
  assert.equal(hosts.check('b.jpg', from).href, 'https://pictures.example/folder/b.jpg');
  for (const address of [
    'http://pictures.example/b.jpg',
    '//other.example/b.jpg',
    'https://pictures.example:1/',
  ])
    assert.throws(() => hosts.check(address, from), SnapshelfError, address);
});

test('a list holds names of hosts only', () => {
  assert.equal(checkAllowedHost('*.Example.com'), '*.example.com');
  for (const entry of [
    '',
    '*',
    '*.*',
    '*.com:80',
    'localhost',
    '127.0.0.1',
    '[::1]',
    '2130706433.1',
    'https://a.example',
    'a.example/x',
    'a.example.',
    'a b.example',
    'user@a.example',
  ])
    assert.throws(() => checkAllowedHost(entry), TypeError, entry);
});
