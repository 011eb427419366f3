import assert from 'node:assert/strict';
import { changeRecord, type Lease, type Records } from '../../../src/engine/index.ts';

/** What everything above records relies on, whoever keeps them. */
export const recordsContract: Readonly<Record<string, (records: Records) => Promise<void>>> = {
  'a record is read as it was written, with another version for another content': async (records) => {
    assert.equal(await records.read('keys.json', 100), undefined);
    assert.equal(await records.versionOf('keys.json'), undefined);
    const first = await records.write('keys.json', 'one');
    const found = await records.read('keys.json', 100);
    assert.deepEqual([found?.content.toString(), found?.version], ['one', first]);
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const second = await records.write('keys.json', bytes);
    assert.notEqual(second, first);
    assert.equal(await records.versionOf('keys.json'), second);
    assert.deepEqual(new Uint8Array((await records.read('keys.json', 256))?.content ?? []), bytes);
    await assert.rejects(records.read('keys.json', 255), RangeError);
  },
  'a folder lists what is below it, also by its last name, and goes with it': async (records) => {
    for (const path of ['a/x/one.json', 'a/two.json', 'a/y/one.json', 'ab/one.json', 'b/one.json'])
      await records.write(path, path);
    const paths = async (folder: string, name?: string) =>
      (await records.list(folder, name)).map(({ path, bytes }) => `${path} ${bytes}`);
    assert.deepEqual(await paths('a'), ['a/two.json 10', 'a/x/one.json 12', 'a/y/one.json 12']);
    assert.deepEqual(await paths('a', 'one.json'), ['a/x/one.json 12', 'a/y/one.json 12']);
    assert.deepEqual(await paths('none'), []);
    const [entry] = await records.list('a', 'two.json');
    assert.equal(entry?.version, await records.versionOf('a/two.json'));
    assert.ok((entry?.at ?? 0) > 1_700_000_000_000, 'milliseconds since 1970');
    await records.remove('a');
    await records.remove('never');
    assert.deepEqual([await paths('a'), await paths('ab')], [[], ['ab/one.json 11']]);
    await records.remove('ab/one.json');
    assert.deepEqual(await paths('ab'), []);
  },
  'a write that expects another version, or none, changes nothing': async (records) => {
    const changed = { code: 'record-changed' };
    const first = await records.write('c.json', '1', { expected: null });
    await assert.rejects(records.write('c.json', '2', { expected: null }), changed);
    const second = await records.write('c.json', '2', { expected: first });
    await assert.rejects(records.write('c.json', '3', { expected: first }), changed);
    await assert.rejects(records.write('d.json', '3', { expected: second }), changed);
    assert.equal((await records.read('c.json', 9))?.content.toString(), '2');
    assert.equal(await records.read('d.json', 9), undefined);
  },
  'no change is lost where many are made at once': async (records) => {
    const add = () =>
      changeRecord(records, 'count', 99, (content) => {
        const answer = Number(content?.toString() ?? 0) + 1;
        return { content: String(answer), answer };
      });
    const answers = await Promise.all(Array.from({ length: 8 }, add));
    assert.deepEqual(answers.map(({ answer }) => answer).sort(), [1, 2, 3, 4, 5, 6, 7, 8]);
  },
  'a lease has one holder, and what the holder before writes with it is refused': async (records) => {
    const take = async (ms: number): Promise<Lease> => {
      for (;;) {
        const lease = await records.acquire('work', ms);
        if (lease !== undefined) return lease;
      }
    };
    const first = await take(50);
    await records.write('w.json', 'first', { lease: first });
    // It is taken as soon as its time is over.
    const second = await take(600_000);
    assert.ok(second.fence > first.fence);
    assert.equal(await records.acquire('work', 600_000), undefined);
    assert.equal(await records.renew(first, 600_000), false);
    await assert.rejects(records.write('w.json', 'late', { lease: first }), { code: 'lease-lost' });
    await records.release(first);
    assert.equal(await records.acquire('work', 600_000), undefined, 'only its holder gives it back');
    assert.equal(await records.renew(second, 600_000), true);
    await records.write('w.json', 'second', { lease: second });
    assert.equal((await records.read('w.json', 99))?.content.toString(), 'second');
    await records.release(second);
    await assert.rejects(records.write('w.json', 'late', { lease: second }), { code: 'lease-lost' });
    const third = await take(600_000);
    assert.ok(third.fence > second.fence, 'a fence is never used twice');
    await records.release(third);
  },
  'a path that leads elsewhere is misuse': async (records) => {
    for (const path of ['../x', '/x', 'a/../b', '.hidden', 'a//b', 'a/.b', ''])
      await assert.rejects(async () => records.write(path, ''), TypeError, path);
  },
  'a log has its lines in the order in which they came': async (records) => {
    const log = records.openLog('audit');
    await log.append(['{"n":1}', '{"n":"\\u0000 ü"}']);
    await log.append(Array.from({ length: 1500 }, (_, n) => `{"n":${n}}`));
    await log.close();
    const again = records.openLog('audit');
    const lines: string[] = [];
    for await (const line of again.lines()) lines.push(line);
    await again.close();
    assert.deepEqual([lines.length, lines[1], lines[1501]], [1502, '{"n":"\\u0000 ü"}', '{"n":1499}']);
  },
};
