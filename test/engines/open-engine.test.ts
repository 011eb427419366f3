import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadClient } from '../../src/engines/load-client.ts';
import { openEngine } from '../../src/engines/open-engine.ts';
import { SnapshelfError } from '../../src/errors.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('a URL of no engine is refused, without the password that it may hold', async (t) => {
  const data = temporaryFolder(t);
  for (const engine of ['mongo://shop:secret@db/shop', 'secret', '', 'constructor://secret@x'])
    await assert.rejects(openEngine(data, { engine }), (error: unknown) => {
      assert.ok(error instanceof RangeError);
      assert.match(error.message, /^engine must be a URL that begins with .*, not "/);
      if (engine.includes('@')) assert.doesNotMatch(error.message, /secret/);
      return true;
    });
});

test('a client that is not installed is named, with the line that installs it', async () => {
  await assert.rejects(
    loadClient('no-such-client', () => import('no-such-client' as string)),
    (error: unknown) => {
      assert.ok(error instanceof SnapshelfError);
      assert.equal(error.code, 'engine-not-installed');
      assert.match(error.message, /no-such-client.*npm install no-such-client/);
      return true;
    },
  );
  const broken = new Error('it is broken');
  await assert.rejects(
    loadClient('broken', () => Promise.reject(broken)),
    broken,
  );
});
