// Checks a running server against its own OpenAPI document with schemathesis (`pip install schemathesis==4.32.5`), and prints how often
// each operation was called, how often it succeeded, and what failed.
//
//   node scripts/check-api.mjs [path of schemathesis] [arguments of `schemathesis run`]
//
// Needs a build (`npm run build`). The server is one of its own, with a tiny model, in a folder that is removed at the end.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, startServer } from '../dist/src/server/index.js';
import { operations } from '../dist/src/server/operations/index.js';
import { writeTinyModel } from '../dist/test/support/tiny-model.js';

const [program = 'schemathesis', ...further] = process.argv.slice(2);
/** Without arguments the whole run: requests of both kinds, all phases. */
const isWhole = further.length === 0;
const given = isWhole ? ['--mode', 'all'] : further;
/** The least share of the requests meant to be accepted that must be answered 2xx. */
const leastShare = 0.3;
/** Answers that no operation may give. */
const never = [500, 502, 504];
const examples = 100;

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-check-api-'));
const calls = join(folder, 'calls.jsonl');
const settings = join(import.meta.dirname, 'schemathesis');
const model = join(folder, 'tiny.onnx');
await writeTinyModel(model);
const key = 'a-key-of-this-check-alone-a-key-of-this-check';
const server = await startServer({
  data: join(folder, 'data'),
  model,
  port: 0,
  adminKey: key,
  rateLimits: { keyPerMinute: 0 },
  // Nobody listens there.
  allowWebhooks: ['http://127.0.0.1:9'],
  log: createLogger('error'),
});
await server.ready;

// From a file: the operation of the address that it reads the document from is not one that it checks.
const document = join(folder, 'openapi.json');
writeFileSync(document, await (await fetch(`${server.url}/openapi.json`)).text());

const run = [
  ...['--config-file', join(settings, 'schemathesis.toml'), 'run', document, '--url', server.url],
  ...['-H', `X-Api-Key: ${key}`, '-n', String(examples), '--continue-on-failure'],
  ...['--request-timeout', '60', '--generation-database', 'none', '--no-color', ...given],
];
const child = spawn(program, run, {
  cwd: folder,
  stdio: 'inherit',
  env: {
    ...process.env,
    SCHEMATHESIS_HOOKS: join(settings, 'hooks.py'),
    SNAPSHELF_URL: server.url,
    SNAPSHELF_KEY: key,
    SNAPSHELF_CALLS: calls,
  },
});
const code = await new Promise((resolve, reject) => {
  child.once('error', reject);
  child.once('exit', resolve);
});
await server.close();

const lines = readFileSync(calls, 'utf8').trim().split('\n').map(JSON.parse);
rmSync(folder, { recursive: true, force: true });
const isGood = ([, , status]) => status >= 200 && status < 300;
const countsOf = (of) => {
  const counts = new Map();
  for (const [, , status] of of) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([status, count]) => `${status}: ${count}`)
    .join(', ');
};

let failed = code !== 0;
console.log('\noperation | calls | meant to be accepted | of these 2xx | answers');
console.log('--- | --- | --- | --- | ---');
const ids = Object.values(operations).flatMap((methods) => Object.values(methods).map(({ id }) => id));
for (const id of ids) {
  const all = lines.filter(([name]) => name === id);
  if (all.length === 0 && given.some((argument) => argument.startsWith('--include'))) continue;
  const positive = all.filter(([, isPositive]) => isPositive);
  const share = positive.filter(isGood).length / positive.length;
  const isBad =
    (isWhole && all.length < examples) ||
    !(share >= leastShare) ||
    all.some(([, , status]) => never.includes(status));
  failed ||= isBad;
  const percent = `${(100 * share).toFixed(0)} %`;
  console.log(
    `${id}${isBad ? ' (!)' : ''} | ${all.length} | ${positive.length} | ${percent} | ${countsOf(all)}`,
  );
}
process.exitCode = failed ? 1 : 0;
