import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asEngineError, isLost } from '../../../src/engines/postgres/failures.ts';
import { PostgresEngine } from '../../../src/engines/postgres/postgres-engine.ts';
import { SnapshelfError, statusOf } from '../../../src/errors.ts';

test('a server that is not there is told as one to try again', async () => {
  const url = 'postgres://shop:secret@127.0.0.1:1,127.0.0.1:2/shop';
  await assert.rejects(PostgresEngine.open(url), (error: unknown) => {
    assert.ok(error instanceof SnapshelfError);
    assert.deepEqual([error.code, statusOf(error.code)], ['engine-unavailable', 503]);
    assert.equal(error.details['retryAfterSeconds'], 1);
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
});

test('what the client reports becomes what callers can decide by', () => {
  const failure = (code: string, message = 'failed') => Object.assign(new Error(message), { code });
  for (const code of ['ECONNRESET', '57P01', '08006', '25006', '53300', '57014', '55P03'])
    assert.equal((asEngineError(failure(code)) as SnapshelfError).code, 'engine-unavailable', code);
  assert.equal((asEngineError(failure('53100')) as SnapshelfError).code, 'disk-full');
  const refused = asEngineError(failure('28P01')) as SnapshelfError;
  assert.deepEqual([refused.code, refused.details['retryAfterSeconds']], ['engine-unavailable', 60]);
  const other = failure('42601');
  assert.equal(asEngineError(other), other);
  assert.ok(isLost(new Error('Connection terminated unexpectedly')));
  assert.ok(!isLost(failure('23505')));
});
