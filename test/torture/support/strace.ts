import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** A call that changed the disk, or asked for it to be durable; or a line that the process printed. */
export type DiskEvent =
  | {
      readonly kind: 'create' | 'truncate' | 'make' | 'remove' | 'sync';
      readonly path: string;
      readonly began: number;
    }
  | { readonly kind: 'resize'; readonly path: string; readonly length: number }
  | { readonly kind: 'write'; readonly path: string; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: 'rename'; readonly path: string; readonly to: string }
  | { readonly kind: 'print'; readonly text: string };

const calls = [
  ...['openat', 'write', 'pwrite64', 'writev', 'pwritev', 'pwritev2', 'fsync', 'fdatasync', 'lseek'],
  ...['rename', 'renameat', 'renameat2', 'unlink', 'unlinkat', 'rmdir', 'mkdir', 'mkdirat', 'link', 'linkat'],
  ...['ftruncate', 'truncate', 'fallocate', 'copy_file_range', 'sendfile', 'symlink', 'symlinkat'],
];

/** Returns why nothing can be recorded here; undefined if strace works. */
export function whyNoStrace(): string | undefined {
  const { status, error } = spawnSync('strace', ['-qq', '-e', 'trace=none', process.execPath, '--version']);
  if (error !== undefined) return 'strace is not installed';
  return status === 0 ? undefined : 'strace may not trace here';
}

/** Runs a script under strace and returns what it did to the disk below `folder`, in order. */
export async function record(script: string, args: readonly string[], folder: string): Promise<DiskEvent[]> {
  const log = `${folder}.strace`;
  const how = ['-f', '-qq', '-y', '-xx', '-s', '10000000', '-e', `trace=${calls.join(',')}`, '-o', log];
  const env = { ...process.env, UV_USE_IO_URING: '0' };
  const child = spawn('strace', [...how, process.execPath, script, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stdout.resume();
  child.stderr.on('data', (text) => {
    errors += text;
  });
  const [code] = await once(child, 'close');
  assert.equal(code, 0, errors);
  return parse(readFileSync(log, 'latin1'), folder);
}

const decoded = (hex: string): Buffer => Buffer.from(hex.replaceAll('\\x', ''), 'hex');
const textOf = (hex: string): string => decoded(hex).toString();

interface Line {
  readonly call: string;
  readonly text: string;
  readonly result: number;
  /** The number of the event before which it began. */
  readonly began: number;
}

/** Joins calls that others interrupted, and gives each to `take` when it has ended. */
function eachCall(log: string, take: (line: Line) => number): void {
  const open = new Map<string, { readonly text: string; readonly began: number }>();
  let events = 0;
  for (const line of log.split('\n')) {
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const unfinished = rest.indexOf(' <unfinished ...>');
    if (unfinished !== -1) {
      open.set(thread, { text: rest.slice(0, unfinished), began: events });
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>/.exec(rest);
    const before = resumed === null ? undefined : open.get(thread);
    const whole = resumed === null ? rest : (before?.text ?? '') + rest.slice(resumed[0].length);
    const [, call = '', text = '', result = '-1'] = /^(\w+)\((.*)\) += (-?\d+)/s.exec(whole) ?? [];
    if (call === '' || Number(result) < 0) continue;
    events = take({ call, text, result: Number(result), began: before?.began ?? events });
  }
}

/** Texts of a call in quotes. */
const quoted = (text: string): string[] => [...text.matchAll(/"((?:\\x..)*)"/g)].map(([, hex = '']) => hex);

function parse(log: string, folder: string): DiskEvent[] {
  const events: DiskEvent[] = [];
  const positions = new Map<string, number>();
  const inside = (path: string): boolean => path === folder || path.startsWith(`${folder}/`);
  eachCall(log, ({ call, text, result, began }) => {
    const own = /^\d+<([^>]*)>/.exec(text)?.[1] ?? '';
    const file = textOf(own);
    const strings = quoted(text);
    const paths = strings.map((hex) => resolve(textOf(hex)));
    const [path = ''] = paths;
    const add = (...more: DiskEvent[]): void => {
      for (const event of more) if (event.kind === 'print' || inside(event.path)) events.push(event);
    };
    const written = (at: number): void =>
      add({ kind: 'write', path: file, at, bytes: Buffer.concat(strings.map(decoded)).subarray(0, result) });
    const number = (place: number): number => Number(text.split(', ').at(place));
    if (call === 'openat') {
      positions.set(path, 0);
      if (/O_CREAT/.test(text)) add({ kind: 'create', path, began });
      if (/O_TRUNC/.test(text)) add({ kind: 'truncate', path, began });
      assert.ok(!(inside(path) && /O_APPEND/.test(text)), `${path} is appended to`);
    } else if (call === 'lseek') positions.set(file, result);
    else if (call === 'pwrite64') written(number(-1));
    else if (call === 'write' || call === 'writev') {
      if (/^1</.test(text)) add({ kind: 'print', text: String(Buffer.concat(strings.map(decoded))) });
      else {
        written(positions.get(file) ?? 0);
        positions.set(file, (positions.get(file) ?? 0) + result);
      }
    } else if (call === 'fsync' || call === 'fdatasync') add({ kind: 'sync', path: file, began });
    else if (call.startsWith('rename')) add({ kind: 'rename', path, to: paths[1] ?? '' });
    else if (call.startsWith('mkdir')) add({ kind: 'make', path, began });
    else if (call.startsWith('unlink') || call === 'rmdir') add({ kind: 'remove', path, began });
    else if (call === 'ftruncate') add({ kind: 'resize', path: file, length: number(-1) });
    else if (inside(file) || paths.some(inside)) assert.fail(`${call} is not understood`);
    return events.length;
  });
  return events;
}
