// slow: runs the compiler
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { repositoryRoot } from '../support/repository.ts';
import { examplesOf, publicExports } from './doors.ts';

// Inside the package, so that an example imports it by its name, as its reader does.
const folder = join(repositoryRoot, 'dist', 'examples-of-docstrings');
after(() => rmSync(folder, { recursive: true, force: true }));

/** Compiles sources strictly; gives the compiler's complaints. */
function compile(sources: Readonly<Record<string, string>>): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, source] of Object.entries(sources)) writeFileSync(join(folder, `${name}.ts`), source);
  const compilerOptions = {
    target: 'es2023',
    lib: ['es2023', 'esnext.disposable'],
    module: 'nodenext',
    types: ['node'],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    moduleDetection: 'force',
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
  const { stdout } = spawnSync(process.execPath, [join(typescript, 'bin', 'tsc'), '-p', folder], {
    encoding: 'utf8',
  });
  return stdout;
}

const exported = publicExports();

test('every function and class that the package exports has an example', () => {
  const without = exported.filter((one) => examplesOf(one, exported).length === 0);
  assert.deepEqual(
    without.map(({ path, name }) => `${path}: ${name}`),
    [],
  );
});

test('every example compiles', () => {
  const examples = exported.flatMap((one) =>
    examplesOf(one, exported).map((code, i) => [`${one.name}-${i + 1}`, code] as const),
  );
  assert.ok(examples.length > 0);
  assert.equal(compile(Object.fromEntries(examples)), '');
});

test('an example that does not compile is found', () => {
  const wrong = "import { SnapshelfError } from 'snapshelf';\nnew SnapshelfError('no-such-code', 'x');";
  assert.match(compile({ wrong }), /wrong\.ts\(2,20\): error TS2345/);
});
