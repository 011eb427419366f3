// slow: takes several seconds
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { parseEvaluation } from '../src/eval/index.ts';
import { decodeSafetensors } from '../src/weights/index.ts';
import { configReader, dataSubjects, isMatlab, readMatlabBody, vectorReader } from './support/fuzz/data.ts';
import { modelSubjects } from './support/fuzz/models.ts';
import { isOurs, type Subject } from './support/fuzz/subject.ts';
import { decodeAll, weightsSubjects } from './support/fuzz/weights.ts';

const root = mkdtempSync(join(tmpdir(), 'snapshelf-fuzz-'));
after(() => {
  rmSync(root, { recursive: true });
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  // What is read here has kilobytes; a length that is believed would take gigabytes.
  assert.ok(process.resourceUsage().maxRSS < 1_500_000, `${process.resourceUsage().maxRSS} KB`);
});

/** The torture run (test/torture) tries the same readers for as long as one likes. */
const runs = 200;

/** Reads many inputs: each gives a value or an error that is meant for it; and half of them get past the first look. */
async function fuzz({ inputs, passes, read, isExpected }: Omit<Subject, 'name'>): Promise<number> {
  let [tried, passed, decoded] = [0, 0, 0];
  await fc.assert(
    fc.asyncProperty(inputs, async (input) => {
      tried += 1;
      if (passes(input)) passed += 1;
      try {
        await read(input);
        decoded += 1;
      } catch (error) {
        if (!isExpected(error)) throw error;
      }
    }),
    { numRuns: runs },
  );
  assert.ok(passed >= tried / 2, `${passed} of ${tried} got past the first look`);
  return decoded;
}

const models = await modelSubjects(root);
/** Some changed models are not only refused but run, few of them in each round: tries until there were enough. */
async function runChangedModels(subject: Subject, ran: number): Promise<void> {
  let decoded = ran;
  for (let rounds = 0; decoded <= 5 && rounds < 10; rounds += 1) decoded += await fuzz(subject);
  assert.ok(decoded > 5, `${decoded} changed models were run`);
}

const subjects = [...models.subjects, ...(await weightsSubjects(root)), ...(await dataSubjects(root))];
for (const subject of subjects)
  test(subject.name, async () => {
    const decoded = await fuzz(subject);
    if (subject.name.startsWith('graphs')) await runChangedModels(subject, decoded);
  });

/** Readers of bytes, which are given nothing but noise: the first look refuses most of it. */
const readers: Readonly<Record<string, (bytes: Buffer) => unknown>> = {
  models: models.read,
  safetensors: decodeSafetensors,
  'PyTorch files': decodeAll,
  'vectors and their labels': vectorReader(root),
  'run.json': configReader(root),
  reports: (bytes) => parseEvaluation(bytes.toString(), 'it'),
};
const noise = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) as fc.Arbitrary<unknown>;
const always = (): boolean => true;
for (const [name, read] of Object.entries(readers))
  test(`noise: ${name}`, async () => {
    await fuzz({ inputs: noise, passes: always, read: read as Subject['read'], isExpected: isOurs });
  });
test('noise: MAT-files', async () => {
  const read = readMatlabBody as Subject['read'];
  await fuzz({ inputs: noise, passes: always, read, isExpected: isMatlab });
});
