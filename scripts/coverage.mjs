// Runs the tests and prints, per room of src, the share of lines, branches and functions that ran, also in worker
// threads and processes. (Node's own coverage fails on source maps on Node 20.)
//   npm test -- --coverage [WORD...]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative, resolve, sep } from 'node:path';

const kinds = ['lines', 'branches', 'functions'];

/** Adds up the counts of the files of each room. */
function sumByRoom(summary) {
  const rooms = {};
  for (const [path, counts] of Object.entries(summary)) {
    if (path === 'total') continue;
    const [room, ...rest] = relative(resolve('src'), path).split(sep);
    for (const name of [rest.length === 0 ? '(beside the rooms)' : room, 'total'])
      for (const kind of kinds) {
        rooms[name] ??= Object.fromEntries(kinds.map((one) => [one, { covered: 0, total: 0 }]));
        rooms[name][kind].covered += counts[kind].covered;
        rooms[name][kind].total += counts[kind].total;
      }
  }
  return rooms;
}

function print(rooms) {
  const line = (name, cells) =>
    console.log(name.padEnd(20) + cells.map((cell) => cell.padStart(12)).join(''));
  const percent = ({ covered, total }) => ((100 * covered) / Math.max(total, 1)).toFixed(1);
  const names = Object.keys(rooms).filter((name) => name !== 'total');
  line('coverage, %', kinds);
  for (const name of [...names.sort(), 'total'])
    line(
      name,
      kinds.map((kind) => percent(rooms[name][kind])),
    );
}

/** Runs the tests with the given arguments and prints the table; returns the exit status of the tests. */
export function runWithCoverage(args) {
  // Coverage is counted by module, so threads and processes begin with those; the next build makes the bundles again.
  rmSync('dist/bundles', { recursive: true, force: true });
  const folder = mkdtempSync(join(tmpdir(), 'snapshelf-coverage-'));
  const c8 = createRequire(import.meta.url).resolve('c8/bin/c8.js');
  const options = [
    '--temp-directory',
    join(folder, 'raw'),
    '--reports-dir',
    folder,
    '--reporter',
    'json-summary',
  ];
  const scope = ['--exclude-after-remap', '--include', 'src/**', '--all', '--src', 'src'];
  try {
    const { status } = spawnSync(process.execPath, [c8, ...options, ...scope, ...args], { stdio: 'inherit' });
    print(sumByRoom(JSON.parse(readFileSync(join(folder, 'coverage-summary.json'), 'utf8'))));
    return status ?? 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
