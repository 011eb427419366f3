import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const named = process.env['SNAPSHELF_POSTGRES_BIN'];

/**
 * The folder of Postgres' programs that `SNAPSHELF_POSTGRES_BIN` names; undefined if it names none. One that is only in `PATH` is not
 * taken: it may have no pgvector.
 */
export const postgresFolder: string | undefined =
  named !== undefined && existsSync(join(named, 'initdb')) ? named : undefined;

/** Why tests that need a Postgres server are skipped; false if they are not. */
export const withoutPostgres: string | false =
  postgresFolder === undefined
    ? 'no Postgres: name the folder of its programs in SNAPSHELF_POSTGRES_BIN'
    : false;

interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/** Postgres refuses to run as root: another user of this machine runs it then. */
function identity(): Identity | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) =>
      Number(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout),
    );
    if (uid !== undefined && gid !== undefined && uid > 0 && gid > 0) return { uid, gid };
  }
  return undefined;
}

/** A Postgres server of its own, on a socket in its own folder. */
export interface PostgresServer {
  /** The folder of its socket. */
  readonly folder: string;
  /** Returns the URL of a schema of it. */
  url(schema: string): string;
  /** Has it answer nothing, until it goes on. */
  pause(): void;
  goOn(): void;
  /** Starts a server that follows this one. */
  replica(settings?: Settings): Promise<PostgresServer>;
  /** Makes one that follows take writes. */
  promote(): void;
  /** Ends it with all of its processes at once, as a machine that is gone. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** Lines of a server's configuration. */
type Settings = Readonly<Record<string, string | number>>;

/** The user that its programs run as, and how they run. */
function runner(folder: string) {
  const who = identity();
  chmodSync(folder, 0o755);
  if (who !== undefined) chownSync(folder, who.uid, who.gid);
  const as = { ...who, env: { ...process.env, LC_ALL: 'C', LANG: 'C', TZ: 'UTC' }, cwd: folder };
  const run = (program: string, ...given: readonly string[]): void => {
    const { status, stderr } = spawnSync(join(postgresFolder ?? '', program), given, {
      ...as,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`${program} failed: ${stderr}`);
  };
  return { as, run };
}

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'snapshelf-postgres-'));

const setUp = ['-U', 'shop', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'];

/** Starts a server in a new folder. */
export async function startPostgres(settings: Settings = {}): Promise<PostgresServer> {
  const folder = newFolder();
  runner(folder).run('initdb', '-D', join(folder, 'data'), ...setUp);
  return serve(folder, settings);
}

async function serve(folder: string, settings: Settings): Promise<PostgresServer> {
  const { as, run } = runner(folder);
  const data = join(folder, 'data');
  const options = {
    listen_addresses: '',
    unix_socket_directories: folder,
    fsync: 'off',
    shared_buffers: '32MB',
    ...settings,
  };
  const lines = Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = spawn(join(postgresFolder ?? '', 'postgres'), ['-D', data, ...lines], {
    ...as,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-10_000);
  });
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  while (!log.includes('ready to accept')) {
    if (server.exitCode !== null) throw new Error(`postgres ended: ${log}`);
    await sleep(20);
  }
  const signalAll = (signal: NodeJS.Signals): void => {
    const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', String(server.pid)], { encoding: 'utf8' });
    for (const pid of [String(server.pid), ...stdout.trim().split(/\s+/)]) process.kill(Number(pid), signal);
  };
  return {
    folder,
    url: (schema) => `postgres://shop@/postgres?host=${encodeURIComponent(folder)}&schema=${schema}`,
    // Each connection has a process of its own.
    pause: () => signalAll('SIGSTOP'),
    goOn: () => signalAll('SIGCONT'),
    async replica(more = {}) {
      const copy = newFolder();
      const from = `host=${folder} port=${settings['port'] ?? 5432} user=shop dbname=postgres`;
      runner(copy).run(
        'pg_basebackup',
        '-D',
        join(copy, 'data'),
        '-R',
        '-X',
        'stream',
        '-c',
        'fast',
        '-d',
        from,
      );
      return serve(copy, { fsync: String(options.fsync), ...more });
    },
    promote: () => run('pg_ctl', '-D', data, 'promote', '-w'),
    async kill() {
      const listed = spawnSync('ps', ['-o', 'pid=', '--ppid', String(server.pid)], { encoding: 'utf8' });
      for (const pid of [server.pid, ...(listed.stdout.match(/\d+/g) ?? []).map(Number)])
        try {
          process.kill(pid ?? 0, 'SIGKILL');
        } catch {
          // It has ended.
        }
      await ended;
    },
    async stop() {
      server.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
