import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { test } from 'node:test';
import { repositoryRoot } from './support/repository.ts';

interface Room {
  readonly mayImport: ReadonlySet<string>;
  readonly homeOf: readonly string[];
}

const list = (cell: string): string[] => (cell === '-' ? [] : cell.split(',').map((word) => word.trim()));

/** The table under "Rooms" in ARCHITECTURE.md: the one place where the rule is written. */
function readTable(): Map<string, Room> {
  const rows = readFileSync(join(repositoryRoot, 'ARCHITECTURE.md'), 'utf8').matchAll(
    /^\| ([a-z]+) +\| [^|]+ \| ([^|]+) \| ([^|]+) \|$/gm,
  );
  const rooms = new Map<string, Room>();
  for (const [, name = '', imports = '', home = ''] of rows) {
    if (name !== 'room')
      rooms.set(name, { mayImport: new Set(list(imports.trim())), homeOf: list(home.trim()) });
  }
  return rooms;
}

const source = join(repositoryRoot, 'src');
const rooms = readTable();
const forAll = [
  'errors.ts',
  'log.ts',
  'random.ts',
  'version.ts',
  'arguments.ts',
  'text.ts',
  'main-module.ts',
];
const roomsForAll = ['json', 'files', 'threads'];
const homesOf = (pkg: string): string[] =>
  [...rooms].filter(([, room]) => room.homeOf.includes(pkg)).map(([name]) => name);
const files = readdirSync(source, { recursive: true })
  .map(String)
  .filter((file) => file.endsWith('.ts'));
const roomOf = (file: string): string => (file.includes(sep) ? (file.split(sep)[0] ?? '') : '');
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

function* importsOf(file: string): Generator<string> {
  // Without the examples in docstrings, which import the package.
  const text = readFileSync(join(source, file), 'utf8').replace(/^ *\* .*$/gm, '');
  for (const [, a, b] of text.matchAll(/(?:\bfrom|\bimport)\s+'([^']+)'|\bimport\('([^']+)'\)/g))
    yield a ?? b ?? '';
}

function complaint(file: string, specifier: string): string | undefined {
  const room = roomOf(file);
  const own = /^snapshelf\/(\w+)$/.exec(specifier)?.[1];
  if (own !== undefined)
    return rooms.get(room)?.mayImport.has(own) ? undefined : `${file} imports ${specifier}`;
  if (room === '' || specifier.startsWith('node:')) return undefined;
  if (!specifier.startsWith('.')) {
    const homes = homesOf(packageOf(specifier));
    return homes.includes(room)
      ? undefined
      : `${file} imports ${specifier}, whose home is ${homes.join(', ') || 'nowhere'}`;
  }
  const target = relative(source, join(source, dirname(file), specifier));
  const targetRoom = roomOf(target);
  const allowed = [room, ...roomsForAll].includes(targetRoom) || forAll.includes(target);
  return allowed || rooms.get(room)?.mayImport.has(targetRoom) ? undefined : `${file} imports ${target}`;
}

test('every room of src stands in the table, and every row has a room', () => {
  const built = new Set(files.map(roomOf).filter((room) => room !== ''));
  assert.deepEqual([...built].sort(), [...rooms.keys()].sort());
});

test('rooms import only what the table allows, and a package only in its home', () => {
  const complaints = files.flatMap((file) =>
    [...importsOf(file)].map((specifier) => complaint(file, specifier)),
  );
  assert.deepEqual(complaints.filter(Boolean), []);
});

test('a package has one home, but zod and SQLite (whose exclusive transaction is the lock of files/), and what the page brings to browsers', () => {
  const packages = [...rooms].flatMap(([name, { homeOf }]) => (name === 'page' ? [] : homeOf));
  const twice = packages.filter(
    (pkg, i) => packages.indexOf(pkg) !== i && !['zod', '@photostructure/sqlite'].includes(pkg),
  );
  assert.deepEqual(twice, []);
});

/** The files that know the embedded engine: those that open a data folder or look into one, and the probe of its index. */
const knowTheGallery = [
  'cli/check.ts',
  'cli/doctor.ts',
  'cli/open-folder.ts',
  'cli/serve-limits.ts',
  'cli/server-calls.ts',
  'engines/index.ts',
  'engines/open-engine.ts',
  'eval/ann/index-comparison.ts',
  'index.ts',
  'server/local/local-calls.ts',
  'server/startup/shown-config.ts',
];

test('what is above the gallery knows the interface alone, but for the files that are listed', () => {
  const importsGallery = (file: string): boolean =>
    [...importsOf(file)].some(
      (one) => roomOf(relative(source, join(source, dirname(file), one))) === 'gallery',
    );
  const found = files.filter((file) => roomOf(file) !== 'gallery' && importsGallery(file));
  assert.deepEqual(found.map((file) => file.split(sep).join('/')).sort(), knowTheGallery);
});

test('a planted import is caught', () => {
  assert.match(complaint(join('gallery', 'x.ts'), '../embed/embedder.ts') ?? '', /gallery.* imports embed/);
  assert.match(complaint(join('server', 'x.ts'), 'sharp') ?? '', /home is image/);
});

/** The packages that a file loads, itself or through what it imports. */
function packagesBehind(file: string, seen = new Set<string>()): string[] {
  if (seen.has(file)) return [];
  seen.add(file);
  return [...importsOf(file)].flatMap((specifier) => {
    if (specifier.startsWith('.')) return packagesBehind(join(dirname(file), specifier), seen);
    return specifier.startsWith('node:') ? [] : [packageOf(specifier)];
  });
}

test('the thread of a model reads no ONNX and no JSON: their packages cost it more to load than all else', () => {
  const packages = new Set(packagesBehind(join('embed', 'inference-thread.ts')));
  assert.deepEqual([...packages].sort(), ['@photostructure/sqlite', 'onnxruntime-node']);
  assert.ok(packagesBehind(join('model', 'index.ts')).includes('@bufbuild/protobuf'));
});
