// slow: starts a server
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { SnapshelfClient, verifyWebhook } from '../../src/client/index.ts';
import { Keys, type RunningServer, startServer } from '../../src/server/index.ts';
import { signedHeaders } from '../../src/server/webhooks/sign.ts';
import { snapshelf } from '../support/cli.ts';
import { stripes } from '../support/pictures.ts';
import { repositoryRoot } from '../support/repository.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-client-docs-'));
const data = join(folder, 'data');
let server: RunningServer;
let key: string;

before(async () => {
  const model = join(folder, 'tiny.onnx');
  await writeTinyModel(model);
  const keys = await Keys.open(data);
  ({ key } = await keys.create({ level: 'admin' }));
  await keys.close();
  server = await startServer({ data, model, port: 0, allowWebhooks: ['hooks.shop.example'] });
  await server.ready;
  writeFileSync(join(folder, 'mug.jpg'), await stripes(10, 5));
});
after(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Returns the blocks of a language of a page. */
function blocksOf(page: string, language: string): string[] {
  const text = readFileSync(join(repositoryRoot, 'docs', page), 'utf8');
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].flatMap(([, of, code = '']) =>
    of === language ? [code] : [],
  );
}

type Run = (...values: unknown[]) => Promise<unknown>;
const AsyncFunction = (async () => {}).constructor as new (...of: string[]) => Run;

/** Runs code as a page has it, one block after the other, with what it takes for granted. */
async function run(blocks: readonly string[], given: Readonly<Record<string, unknown>>): Promise<unknown> {
  const code = blocks
    .join('\n')
    .replace(/^import .*$/gm, '')
    .replaceAll(': string | undefined', '');
  return new AsyncFunction(...Object.keys(given), `${code}\nreturn {results, report, etag};`)(
    ...Object.values(given),
  );
}

test('the code of docs/client.md runs as it stands, and does what the page says', async () => {
  const photo = new Blob([new Uint8Array(await stripes(12, 5))]);
  async function* goods() {
    for (const [at, id] of ['cup-1', 'cup-2'].entries())
      yield { id, image: new Blob([new Uint8Array(await stripes(90 + at, 4))]) };
  }
  class Client extends SnapshelfClient {
    constructor(url: string, options: object) {
      assert.equal(url, 'http://127.0.0.1:3000');
      super(server.url, options);
    }
  }
  const lines: unknown[][] = [];
  const given = {
    SnapshelfClient: Client,
    readFile: (path: string) => readFile(join(folder, path)),
    process: { env: { SNAPSHELF_KEY: key } },
    console: { log: (...of: unknown[]) => lines.push(of) },
    photo,
    filter: { field: 'label', exists: false },
    goods,
    // The server of this test has no such model: of vectors none are sent.
    features: [],
    ids: [],
    prices: [],
  };
  const { results, report, etag } = (await run(blocksOf('client.md', 'ts'), given)) as {
    results: { item: { id: string } }[];
    report: { added: number };
    etag: string;
  };
  assert.deepEqual(
    results.map(({ item }) => item.id),
    ['mug-1'],
  );
  assert.equal(report.added, 2);
  assert.match(etag, /^"[\w-]{22}"$/);
  assert.deepEqual(lines[0], ['mug-1'], 'the walk over the items');
});

test('the code of docs/webhooks.md runs as it stands', async () => {
  const client = new SnapshelfClient(server.url, { key });
  const [register = '', verify = ''] = blocksOf('webhooks.md', 'ts');
  const made = (await new AsyncFunction('client', `${register}\nreturn { id, secret };`)(client)) as {
    id: string;
    secret: string;
  };
  const timestamp = new Date().toISOString();
  const body = JSON.stringify({
    type: 'evaluation.finished',
    timestamp,
    data: { collection: 'shop', evaluation: 'e', state: 'done' },
  });
  const headers = signedHeaders(made.secret, { id: 'msg_1', body, at: Date.parse(timestamp) });
  const lines: unknown[][] = [];
  const code = verify.replace(/^import .*$/gm, '');
  await new AsyncFunction('verifyWebhook', 'body', 'request', 'process', 'console', code)(
    verifyWebhook,
    body,
    { headers },
    { env: { WEBHOOK_SECRET: made.secret } },
    { log: (...of: unknown[]) => lines.push(of) },
  );
  assert.deepEqual(lines, [['e', 'done']]);
});

test('the commands of docs/client.md and docs/webhooks.md run as they stand', async () => {
  const commands = ['client.md', 'webhooks.md'].flatMap((page) =>
    blocksOf(page, '').flatMap((block) =>
      [...block.matchAll(/^\$ snapshelf (.*)$/gm)].map(([, line = '']) => line),
    ),
  );
  assert.equal(commands.length, 3);
  for (const command of commands) {
    const words = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
    const own = words.map((word) => (word === 'data' ? join(folder, 'other') : word));
    // A server would not end.
    const last = words[0] === 'serve' ? ['--print-config'] : [];
    const { code, stdout, stderr } = await snapshelf(...own, ...last);
    assert.equal(code, 0, `${command}: ${stderr}`);
    assert.match(stdout, words[0] === 'serve' ? /"allowWebhooks"/ : /^snapshelf_/);
  }
});
