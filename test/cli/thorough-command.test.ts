import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommanderError, Option } from 'commander';
import { integer } from '../../src/cli/options.ts';
import { ThoroughCommandLine } from '../../src/cli/thorough-command.ts';

/** Parses a command line and returns what the command says of it, and the values that it took. */
function parsed(line: string, others: readonly string[] = []) {
  const command = new ThoroughCommandLine('test')
    .exitOverride()
    .configureOutput({ writeErr: () => {}, writeOut: () => {} });
  command
    .argument('[source...]')
    .addOption(new Option('--out <folder>', 'folder').makeOptionMandatory())
    .addOption(new Option('--epochs <n>', 'epochs').argParser(integer(1)))
    .addOption(new Option('--arch <name>', 'network').choices(['a', 'b']))
    .action(() => command.fail(others));
  try {
    command.parse(line.split(' '), { from: 'user' });
    return { error: undefined, values: command.opts(), args: command.args };
  } catch (error) {
    return { error: error as Error & { exitCode?: number }, values: command.opts(), args: command.args };
  }
}

test('a right command line is taken as commander takes it', () => {
  const { error, values, args } = parsed('x y --out z --epochs 3 --arch b');
  assert.equal(error, undefined);
  assert.deepEqual([values, args], [{ out: 'z', epochs: 3, arch: 'b' }, ['x', 'y']]);
});

test('every mistake of a command line is told, with those of what it means', () => {
  const { error } = parsed('x --epochs 0 --arch c --epoch 3 --other', ['The moon is not full.']);
  assert.ok(error instanceof CommanderError);
  assert.equal(error.exitCode, 2);
  for (const said of [
    /^error: 6 mistakes:/,
    /'--epochs <n>' argument '0' is invalid/,
    /'--arch <name>' argument 'c'/,
  ])
    assert.match(error.message, said);
  for (const said of [
    /'--epoch' \(Did you mean --epochs\?\)/,
    /'--other'/,
    /'--out <folder>' not specified/,
    /moon/,
  ])
    assert.match(error.message, said);
});

test('one mistake is told as commander tells it', () => {
  assert.equal(parsed('--out').error?.message, "error: option '--out <folder>' argument missing");
  assert.match(parsed('x --out y --epochs 1.5').error?.message ?? '', /^error: option '--epochs <n>'/);
});

test('what the options say together is an error of the values alone', () => {
  const { error } = parsed('x --out y', ['One.', 'Two.']);
  assert.equal(error?.name, 'RangeError');
  assert.equal(error?.message, '2 mistakes:\n  One.\n  Two.');
});

test('help is printed whatever else is wrong', () => {
  const { error } = parsed('--epochs 0 --help');
  assert.ok(error instanceof CommanderError);
  assert.equal(error.exitCode, 0);
});
