// Measures what a second server before one Postgres brings: node scripts/two-servers.mjs BIN [ROUNDS], with the folder of Postgres'
// programs. Each server is pinned to a core and runs the model on one thread; pictures are embedded and stored over HTTP. One server and
// two are measured in turns. What Postgres and this client take of the cores is told apart. Linux only (taskset).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import sharp from 'sharp';

const [bin, rounds = '5'] = process.argv.slice(2);
if (bin === undefined) throw new Error('Name the folder of the programs of Postgres.');
process.env.SNAPSHELF_POSTGRES_BIN = bin;
const { startPostgres } = await import('../dist/test/engine/support/postgres-server.js');

// So many that the first and last requests of a round, with which a server is not busy yet or no more, do not count.
const perRound = 480;
const perRequest = 8;
const atOnce = 4;
const ticksPerSecond = 100;

/** A file of a process in /proc; nothing where the process has ended. */
function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** The numbers of /proc/PID/stat from the state on. */
const statOf = (pid) =>
  read(pid, 'stat')
    .replace(/^.*\) /, '')
    .split(' ');

/** Seconds of the processor that processes have taken, with the children that have ended. */
function secondsOf(pids) {
  const ticks = pids.flatMap((pid) => statOf(pid).slice(11, 15).map(Number));
  return ticks.reduce((sum, one) => sum + one, 0) / ticksPerSecond;
}

/** The processes of Postgres: the one whose command line names its folder, and its children, whose command lines do not. */
function processesOf(folder) {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const first = all.filter((pid) => read(pid, 'cmdline').includes(folder));
  return [...first, ...all.filter((pid) => !first.includes(pid) && first.includes(statOf(pid)[1]))];
}

async function serve(core, data, engine) {
  const command = [
    'dist/src/cli/main.js',
    'serve',
    '--data',
    data,
    '--engine',
    engine,
    '--port',
    '0',
    '--threads',
    '1',
  ];
  const limits = ['--limit', 'localPerMinute=0', '--limit', 'maxWaitMs=60000'];
  const child = spawn('taskset', ['-c', String(core), process.execPath, ...command, ...limits], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface(child.stdout)) {
    const { msg = '', url } = line.startsWith('{') ? JSON.parse(line) : {};
    if (msg === 'ready') return { child, url };
  }
  throw new Error('A server ended.');
}

/** Draws pictures that are as costly to decode as photographs. */
const draw = (seed) =>
  sharp({
    create: {
      width: 640,
      height: 480,
      channels: 3,
      background: 'white',
      noise: { type: 'gaussian', mean: 128, sigma: 20 + seed },
    },
  })
    .jpeg({ quality: 85 })
    .toBuffer();

let sent = 0;

/** Has a server embed and store so many pictures. */
async function load(url, pictures, count) {
  let left = count;
  const worker = async () => {
    while (left > 0) {
      const some = Math.min(perRequest, left);
      left -= some;
      const form = new FormData();
      for (let i = 0; i < some; i += 1) {
        sent += 1;
        form.append('images', new Blob([pictures[sent % pictures.length]]), `p${sent}`);
      }
      const answer = await fetch(`${url}/v1/collections/shop/items/batch`, { method: 'POST', body: form });
      const body = await answer.json();
      if (!answer.ok || body.added !== some) throw new Error(JSON.stringify(body).slice(0, 500));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const folder = mkdtempSync(join(tmpdir(), 'snapshelf-two-'));
const postgres = await startPostgres({ fsync: 'on' });
const engine = postgres.url('snapshelf');
const servers = [];
try {
  for (const core of [0, 1]) servers.push(await serve(core, join(folder, String(core)), engine));
  const urls = servers.map(({ url }) => url);
  const pidOf = (url) => servers.find((one) => one.url === url).child.pid;
  await fetch(`${urls[0]}/v1/collections/shop`, { method: 'PUT' });
  const pictures = await Promise.all(Array.from({ length: 16 }, (_, i) => draw(i)));
  for (const url of urls) await load(url, pictures, perRequest * atOnce);
  const rates = { one: [], two: [] };
  const worked = { one: [], two: [] };
  const shares = { postgres: [], client: [] };
  for (let round = 0; round < Number(rounds); round += 1) {
    for (const [name, used] of [
      ['one', [urls[round % 2]]],
      ['two', urls],
    ]) {
      const own = used.map((url) => pidOf(url));
      const before = [secondsOf(processesOf(postgres.folder)), secondsOf([process.pid]), secondsOf(own)];
      const began = performance.now();
      await Promise.all(used.map((url) => load(url, pictures, perRound)));
      const seconds = (performance.now() - began) / 1000;
      rates[name].push((perRound * used.length) / seconds);
      worked[name].push((perRound * used.length) / (secondsOf(own) - before[2]));
      if (name === 'two') {
        shares.postgres.push((secondsOf(processesOf(postgres.folder)) - before[0]) / (2 * seconds));
        shares.client.push((secondsOf([process.pid]) - before[1]) / (2 * seconds));
      }
    }
    const ratio = rates.two[round] / rates.one[round];
    console.log(
      `round ${round + 1}: one ${rates.one[round].toFixed(1)}, two ${rates.two[round].toFixed(1)} images/s, ratio ${ratio.toFixed(2)}`,
    );
  }
  const ratios = rates.two.map((rate, i) => rate / rates.one[i]);
  const percent = (numbers) => `${(100 * median(numbers)).toFixed(1)} %`;
  console.log(
    `one server ${median(rates.one).toFixed(1)} images/s, two ${median(rates.two).toFixed(1)} (medians)`,
  );
  console.log(`ratio: least ${Math.min(...ratios).toFixed(2)}, median ${median(ratios).toFixed(2)}`);
  console.log(
    `of both cores, with two servers: Postgres ${percent(shares.postgres)}, this client ${percent(shares.client)}`,
  );
  // One server leaves Postgres and the client a core of their own; two have to share theirs with them.
  const left = ratios.map((ratio, i) => ratio / (1 - shares.postgres[i] - shares.client[i]));
  console.log(`ratio, of the cores that Postgres and this client leave: median ${median(left).toFixed(2)}`);
  // What a busy machine takes from the servers does not count here.
  console.log(
    `images per second of a server's processor time: one ${median(worked.one).toFixed(1)}, two ${median(worked.two).toFixed(1)}`,
  );
  console.log(`ratio by processor time: ${((2 * median(worked.two)) / median(worked.one)).toFixed(2)}`);
} finally {
  for (const { child } of servers) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
