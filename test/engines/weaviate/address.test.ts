import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterAddress } from '../../../src/engines/weaviate/address.ts';

test('a URL names the nodes, and what new collections are made with', () => {
  const { nodes, replicas, shards, consistency, quantizer } = clusterAddress(
    'weaviate://10.0.0.1:8080,10.0.0.2?grpc=50051,50052&shards=5',
  );
  assert.deepEqual(nodes, [
    { host: '10.0.0.1', port: 8080, grpcPort: 50_051, isSecure: false },
    { host: '10.0.0.2', port: 8080, grpcPort: 50_052, isSecure: false },
  ]);
  assert.deepEqual([replicas, shards, consistency, quantizer], [2, 5, 'QUORUM', 'none']);
  assert.equal(clusterAddress('weaviate://a%20key@host').apiKey, 'a key');
});

test('a URL of another form is refused', () => {
  for (const url of [
    'weaviate://',
    'weaviate://host:0',
    'weaviate://host?shards=0',
    'weaviate://host?replica=3',
    'weaviate://a,b,c?grpc=1,2',
    'weaviate://host?consistency=SOME',
  ])
    assert.throws(() => clusterAddress(url), RangeError, url);
});
