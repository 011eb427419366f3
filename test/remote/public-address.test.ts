import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPublicAddress } from '../../src/remote/public-address.ts';

test('addresses of the public internet, and no others', () => {
  for (const address of ['93.184.215.14', '8.8.8.8', '2606:4700::1111', '2a00:1450:4001::200e'])
    assert.ok(isPublicAddress(address), address);
  const others = [
    ['0.0.0.0', '127.0.0.1', '127.9.9.9', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
    ['169.254.169.254', '100.64.0.1', '100.100.100.200', '168.63.129.16', '192.0.0.192', '192.0.2.1'],
    ['198.18.0.1', '198.51.100.1', '203.0.113.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
    ['::', '::1', '::127.0.0.1', '::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:8.8.8.8', 'fe80::1'],
    ['fe80::1%eth0', 'fc00::1', 'fd00:ec2::254', 'fec0::1', 'ff02::1', '2001:db8::1', '64:ff9b::7f00:1'],
    ['64:ff9b:1::1', '2002:7f00:1::', '2001::1', '100::1', '192.88.99.1', '3fff::1', '', 'host', '127.1'],
  ].flat();
  for (const address of others) assert.ok(!isPublicAddress(address), address);
});
