// Kills the primary of two Postgres servers while the engine writes and searches, promotes the replica, and counts what was
// acknowledged, found, lost and stored twice. Run: node scripts/kill-postgres.mjs BIN [rounds], with the folder of Postgres' programs.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openEngine } from '../dist/src/engines/index.js';

const [bin, rounds = '2'] = process.argv.slice(2);
if (bin === undefined) throw new Error('Name the folder of the programs of Postgres.');
const modelId = 'a'.repeat(64);
const dimension = 32;

const idOf = (flag) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
const who = process.getuid() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {};
const folder = mkdtempSync(join(tmpdir(), 'snapshelf-kill-'));
chmodSync(folder, 0o755);
if (who.uid !== undefined) chownSync(folder, who.uid, who.gid);
const as = { ...who, cwd: folder, env: { ...process.env, LC_ALL: 'C' }, encoding: 'utf8' };

function run(program, ...given) {
  const { status, stderr } = spawnSync(join(bin, program), given, as);
  if (status !== 0) throw new Error(`${program}: ${stderr}`);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  server.close();
  return port;
}

async function start(data, port, settings = {}) {
  const options = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    shared_buffers: '64MB',
    ...settings,
  };
  const lines = Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = spawn(join(bin, 'postgres'), ['-D', data, ...lines], {
    ...as,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  server.stderr.setEncoding('utf8').on('data', (text) => {
    log += text;
  });
  while (!log.includes('ready to accept')) {
    if (server.exitCode !== null) throw new Error(log);
    await sleep(20);
  }
  return server;
}

/** Kills a server with all of its processes at once, as a machine that is gone. */
function kill({ pid }) {
  const children =
    spawnSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' }).stdout.match(/\d+/g) ?? [];
  for (const one of [pid, ...children.map(Number)])
    try {
      process.kill(one, 'SIGKILL');
    } catch {
      // It has ended.
    }
}

const vectorOf = (n) =>
  Float32Array.from({ length: dimension }, (_, i) => Math.sin(n * 31 + i * (1 + (n % 17))));

async function round(number) {
  const [first, second] = [join(folder, `a${number}`), join(folder, `b${number}`)];
  const ports = [await freePort(), await freePort()];
  run('initdb', '-D', first, '-U', 'shop', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-instructions');
  const primary = await start(first, ports[0], {
    synchronous_standby_names: '*',
    synchronous_commit: 'local',
  });
  run('pg_basebackup', '-D', second, '-R', '-X', 'stream', '-d', `host=127.0.0.1 port=${ports[0]} user=shop`);
  const replica = await start(second, ports[1]);
  const engine = await openEngine(join(folder, `data${number}`), {
    engine: `postgres://shop@127.0.0.1:${ports[0]},127.0.0.1:${ports[1]}/postgres?target_session_attrs=read-write`,
  });
  await engine.create({ name: 'shop', modelId, modelName: 'test', dimension, metric: 'cosine' });
  const acknowledged = new Set();
  const errors = {};
  let searched = 0;
  let isOver = false;
  const note = (what, { code, message }) => {
    errors[`${what} ${code ?? message}`] = (errors[`${what} ${code ?? message}`] ?? 0) + 1;
  };
  const write = async (worker) => {
    for (let i = 0; !isOver; i += 1) {
      const items = Array.from({ length: 10 }, (_, j) => {
        const n = worker * 1_000_000 + i * 10 + j;
        return { id: `w${worker}-${i}-${j}`, vector: vectorOf(n), imageHash: '', metadata: { n } };
      });
      // As clients do: the same write again, until it is answered.
      for (let isDone = false; !isDone && !isOver; )
        try {
          await engine.upsert('shop', modelId, items);
          isDone = true;
          for (const { id } of items) acknowledged.add(id);
        } catch (error) {
          note('write', error);
          await sleep(100);
        }
    }
  };
  const search = async () => {
    while (!isOver)
      try {
        await engine.search('shop', vectorOf(searched), { k: 10, filter: { field: 'metadata.n', gte: 0 } });
        searched += 1;
      } catch (error) {
        note('search', error);
        await sleep(50);
      }
  };
  const work = [write(1), write(2), search()];
  await sleep(3000);
  const before = acknowledged.size;
  const began = performance.now();
  kill(primary);
  await sleep(300);
  run('pg_ctl', '-D', second, 'promote', '-w');
  while (acknowledged.size < before + 100 && performance.now() - began < 60_000) await sleep(50);
  const back = performance.now() - began;
  await sleep(1500);
  isOver = true;
  await Promise.all(work);
  const found = [];
  for (let after; ; ) {
    const page = await engine.ids('shop', { after });
    found.push(...page);
    if (page.length < 10_000) break;
    after = page.at(-1);
  }
  const there = new Set(found);
  const { items } = await engine.info('shop');
  const lost = [...acknowledged].filter((id) => !there.has(id)).length;
  const row = {
    acknowledged: acknowledged.size,
    before,
    found: found.length,
    counted: items,
    lost,
    twice: found.length - there.size,
    searched,
    'writes go on after, s': (back / 1000).toFixed(1),
  };
  await engine.close();
  replica.kill('SIGINT');
  await new Promise((resolve) => replica.once('exit', resolve));
  console.log(JSON.stringify({ ...row, errors }));
  return row;
}

const rows = [];
try {
  for (let n = 1; n <= Number(rounds); n += 1) rows.push(await round(n));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.table(rows);
process.exitCode = rows.every(({ lost, twice, found, counted }) => lost + twice === 0 && found === counted)
  ? 0
  : 1;
