// Counts the lines of code in src, per room: no comments, no blank lines, no generated files. JSON that is written by hand is
// code (until 0.1.0 a schema of 315 lines was).
//   npm run count-lines                      of the working tree
//   npm run count-lines -- COMMIT            of a commit
//   npm run count-lines -- COMMIT COMMIT     of both, and the difference
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { parseSync } from 'oxc-parser';

/** Counts the lines of a source text that hold code. */
function countCode(path, text) {
  let code = text;
  if (!path.endsWith('.json'))
    for (const { start, end } of parseSync(path, text).comments) {
      const blank = text.slice(start, end).replaceAll(/[^\n]/g, ' ');
      code = code.slice(0, start) + blank + code.slice(end);
    }
  return code.split('\n').filter((line) => line.trim() !== '').length;
}

/** Counts the code of each room below a folder. */
function countRooms(folder) {
  const rooms = {};
  for (const entry of readdirSync(folder, { recursive: true }).map(String)) {
    if (!/\.(ts|json)$/.test(entry) || entry.split(sep).includes('generated')) continue;
    const room = entry.includes(sep) ? entry.split(sep)[0] : '(beside the rooms)';
    rooms[room] = (rooms[room] ?? 0) + countCode(entry, readFileSync(join(folder, entry), 'utf8'));
  }
  return rooms;
}

/** Counts the code of each room at a commit. */
function countCommit(commit) {
  const folder = mkdtempSync(join(tmpdir(), 'snapshelf-count-'));
  try {
    const archive = execFileSync('git', ['archive', commit, 'src'], { maxBuffer: 2 ** 28 });
    execFileSync('tar', ['-x', '-C', folder], { input: archive });
    return countRooms(join(folder, 'src'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const commits = process.argv.slice(2);
const counts = commits.length === 0 ? [countRooms('src')] : commits.map(countCommit);
const rooms = [...new Set(counts.flatMap(Object.keys))].sort();
const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
const line = (name, numbers) => {
  const difference = numbers.length === 2 ? [numbers[1] - numbers[0]] : [];
  console.log(name.padEnd(20) + [...numbers, ...difference].map((n) => String(n).padStart(12)).join(''));
};
if (commits.length > 0)
  console.log(
    ' '.repeat(20) + [...commits, ...(commits[1] ? ['difference'] : [])].map((c) => c.padStart(12)).join(''),
  );
for (const room of rooms)
  line(
    room,
    counts.map((count) => count[room] ?? 0),
  );
line(
  'total',
  counts.map((count) => sum(Object.values(count))),
);
