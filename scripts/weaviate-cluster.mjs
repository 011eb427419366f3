// Starts, stops and hurts a Weaviate cluster of plain processes on this machine, for trials and tests.
//
//   node scripts/weaviate-cluster.mjs start [--nodes 3] [--folder DIR] [--binary PATH] [--netns]
//   node scripts/weaviate-cluster.mjs kill N      kills node N at once (SIGKILL)
//   node scripts/weaviate-cluster.mjs revive N    starts node N again, with what it had
//   node scripts/weaviate-cluster.mjs split N     cuts node N off from the others (needs --netns at the start, and root)
//   node scripts/weaviate-cluster.mjs join        heals the split
//   node scripts/weaviate-cluster.mjs stop        stops all of them
//
// The binary is that of --binary, else of SNAPSHELF_WEAVIATE_SERVER, else `weaviate-server` of the PATH. Each node has an address
// of its own (127.0.0.1, .2, .3, or 10.77.0.1 ... in network namespaces), and all have the same ports but for those that are not bound
// to an address: with other ports on one address the nodes elect no leader. Prints the URL that --engine takes.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    nodes: { type: 'string', default: '3' },
    folder: { type: 'string', default: join(tmpdir(), 'snapshelf-weaviate') },
    binary: { type: 'string', default: process.env.SNAPSHELF_WEAVIATE_SERVER ?? 'weaviate-server' },
    netns: { type: 'boolean', default: false },
  },
});
const [verb, which] = positionals;
const stateFile = join(values.folder, 'cluster.json');
const port = 8080;

const run = (command, ...given) => {
  const { status, stderr, error } = spawnSync(command, given, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${given.join(' ')} failed: ${error?.message ?? stderr}`);
};

const readState = () => {
  if (!existsSync(stateFile)) throw new Error(`There is no cluster in ${values.folder}: start one first.`);
  return JSON.parse(readFileSync(stateFile, 'utf8'));
};
const save = (state) => writeFileSync(stateFile, JSON.stringify(state));

const addressOf = ({ netns }, n) => (netns ? `10.77.0.${n}` : `127.0.0.${n}`);
const grpcOf = ({ netns }, n) => (netns ? 50_051 : 50_050 + n);
// Nodes listen for one another's data on all addresses, so that a port that two of them had would be the first one's alone.
const dataPortOf = ({ netns }, n) => (netns ? 7947 : 7950 + n);
const urlOf = (state) => {
  const all = Array.from({ length: state.nodes }, (_, at) => at + 1);
  const hosts = all.map((n) => `${addressOf(state, n)}:${port}`).join(',');
  return `weaviate://${hosts}?grpc=${all.map((n) => grpcOf(state, n)).join(',')}`;
};

function environmentOf(state, n) {
  const address = addressOf(state, n);
  const names = Array.from({ length: state.nodes }, (_, at) => `node${at + 1}`);
  return {
    ...process.env,
    AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED: 'true',
    // A class that was dropped is not to come back because another server still writes to it.
    AUTOSCHEMA_ENABLED: 'false',
    PERSISTENCE_DATA_PATH: join(values.folder, `node${n}`),
    DEFAULT_VECTORIZER_MODULE: 'none',
    DISABLE_TELEMETRY: 'true',
    LOG_LEVEL: 'warning',
    CLUSTER_HOSTNAME: `node${n}`,
    CLUSTER_BIND_ADDR: address,
    // Not CLUSTER_ADVERTISE_ADDR: by it the nodes take each other to be far away, and one that is lost to be there half a minute longer.
    CLUSTER_GOSSIP_BIND_PORT: '7946',
    CLUSTER_DATA_BIND_PORT: String(dataPortOf(state, n)),
    ...(n > 1 && { CLUSTER_JOIN: `${addressOf(state, 1)}:7946` }),
    // A node that comes back finds the others by any that is up.
    ...(n === 1 && state.nodes > 1 && state.wasUp && { CLUSTER_JOIN: `${addressOf(state, 2)}:7946` }),
    RAFT_PORT: '8300',
    RAFT_INTERNAL_RPC_PORT: '8301',
    RAFT_JOIN: names.map((name) => `${name}:8300`).join(','),
    RAFT_BOOTSTRAP_EXPECT: String(state.nodes),
    GRPC_PORT: String(grpcOf(state, n)),
    GO_PROFILING_PORT: String(6060 + n),
    GOMAXPROCS: process.env.GOMAXPROCS ?? '2',
  };
}

function launch(state, n) {
  const log = openSync(join(values.folder, `node${n}.log`), 'a');
  const given = ['--host', addressOf(state, n), '--port', String(port), '--scheme', 'http'];
  const [command, ...rest] = state.netns
    ? ['ip', 'netns', 'exec', `snapshelf${n}`, state.binary, ...given]
    : [state.binary, ...given];
  const child = spawn(command, rest, {
    env: environmentOf(state, n),
    stdio: ['ignore', log, log],
    detached: true,
  });
  child.on('error', (error) => {
    throw new Error(`${state.binary} cannot be started: ${error.message}. Name it by --binary.`);
  });
  child.unref();
  closeSync(log);
  state.pids[n] = child.pid;
}

async function ready(state, numbers, seconds = 120) {
  for (let at = 0; at < seconds * 4; at += 1) {
    const answers = await Promise.all(
      numbers.map((n) =>
        fetch(`http://${addressOf(state, n)}:${port}/v1/.well-known/ready`, {
          signal: AbortSignal.timeout(2000),
        }).then(
          ({ ok }) => ok,
          () => false,
        ),
      ),
    );
    if (answers.every(Boolean)) return;
    await sleep(250);
  }
  throw new Error(`The nodes are not ready after ${seconds} s: see ${values.folder}/node*.log.`);
}

/** A bridge, and for each node a namespace with an interface on it. */
function makeNamespaces(count) {
  run('ip', 'link', 'add', 'snapshelf0', 'type', 'bridge');
  run('ip', 'addr', 'add', '10.77.0.254/24', 'dev', 'snapshelf0');
  run('ip', 'link', 'set', 'snapshelf0', 'up');
  for (let n = 1; n <= count; n += 1) {
    const [space, inner, outer] = [`snapshelf${n}`, `sn${n}i`, `sn${n}o`];
    run('ip', 'netns', 'add', space);
    run('ip', 'link', 'add', outer, 'type', 'veth', 'peer', 'name', inner);
    run('ip', 'link', 'set', inner, 'netns', space);
    run('ip', 'link', 'set', outer, 'master', 'snapshelf0');
    run('ip', 'link', 'set', outer, 'up');
    run('ip', '-n', space, 'addr', 'add', `10.77.0.${n}/24`, 'dev', inner);
    run('ip', '-n', space, 'link', 'set', inner, 'up');
    run('ip', '-n', space, 'link', 'set', 'lo', 'up');
  }
}

function dropNamespaces(count) {
  for (let n = 1; n <= count; n += 1) spawnSync('ip', ['netns', 'del', `snapshelf${n}`]);
  spawnSync('ip', ['link', 'del', 'snapshelf0']);
}

/** The others see a node no more, but who asks it from this machine still does: its packets to them find no way. */
function cut(state, n, verbOfRoute) {
  for (let other = 1; other <= state.nodes; other += 1) {
    if (other === n) continue;
    for (const [from, to] of [
      [n, other],
      [other, n],
    ])
      run('ip', '-n', `snapshelf${from}`, 'route', verbOfRoute, 'blackhole', `10.77.0.${to}/32`);
  }
}

function kill(state, n, signal) {
  try {
    process.kill(state.pids[n], signal);
  } catch {
    // It is gone already.
  }
}

const numberOf = (state) => {
  const n = Number(which);
  if (!(Number.isInteger(n) && n >= 1 && n <= state.nodes))
    throw new Error(`Name a node, 1 to ${state.nodes}.`);
  return n;
};

const verbs = {
  async start() {
    if (existsSync(stateFile)) throw new Error(`A cluster stands in ${values.folder}: stop it first.`);
    const state = { nodes: Number(values.nodes), netns: values.netns, binary: values.binary, pids: {} };
    mkdirSync(values.folder, { recursive: true });
    if (state.netns) makeNamespaces(state.nodes);
    const all = Array.from({ length: state.nodes }, (_, at) => at + 1);
    for (const n of all) launch(state, n);
    save(state);
    await ready(state, all);
    save({ ...state, wasUp: true });
    console.log(urlOf(state));
  },
  kill() {
    const state = readState();
    kill(state, numberOf(state), 'SIGKILL');
  },
  async revive() {
    const state = readState();
    const n = numberOf(state);
    launch(state, n);
    save(state);
    await ready(state, [n]);
  },
  split() {
    const state = readState();
    if (!state.netns) throw new Error('Start the cluster with --netns, as root, to split it.');
    const n = numberOf(state);
    cut(state, n, 'add');
    save({ ...state, split: n });
  },
  join() {
    const { split, ...state } = readState();
    if (split !== undefined) cut(state, split, 'del');
    save(state);
  },
  async stop() {
    const state = readState();
    for (let n = 1; n <= state.nodes; n += 1) kill(state, n, 'SIGTERM');
    await sleep(2000);
    for (let n = 1; n <= state.nodes; n += 1) kill(state, n, 'SIGKILL');
    if (state.netns) dropNamespaces(state.nodes);
    rmSync(values.folder, { recursive: true, force: true });
  },
};

const usage = `Usage: node scripts/weaviate-cluster.mjs ${Object.keys(verbs).join('|')} [N]`;
if (!Object.hasOwn(verbs, verb ?? '')) {
  console.error(usage);
  process.exitCode = 2;
} else {
  try {
    await verbs[verb]();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
