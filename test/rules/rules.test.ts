import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exceptions } from './exceptions.ts';
import { fixtures } from './fixtures.ts';
import { rules } from './index.ts';
import { complaintAbout } from './messages.ts';
import { parseSource, type Rule, readSources, type SourceFile, type Violation } from './source-file.ts';

const sources = readSources('src');
const found = new Map(rules.map(({ name, find }) => [name, find(sources)]));
const isExcepted = (rule: string, { path }: Violation): boolean =>
  exceptions.some((exception) => exception.rule === rule && exception.path === path);

for (const [rule, violations] of found) {
  test(`src keeps the rule ${rule}`, () => {
    const breaches = violations.filter((one) => !isExcepted(rule, one));
    assert.deepEqual(
      breaches.map(({ path, line, message }) => `src/${path}:${line}: ${message}`),
      [],
    );
  });
}

test('there are at most 15 exceptions, each with a reason and each needed', () => {
  assert.ok(exceptions.length <= 15);
  for (const { rule, path, reason } of exceptions) {
    assert.match(reason, /^[A-Z].{20,}\.$/, path);
    assert.ok(
      found.get(rule)?.some((one) => one.path === path),
      `${path} keeps the rule ${rule} now`,
    );
  }
});

const parsed = (files: Readonly<Record<string, string>>): SourceFile[] =>
  Object.entries(files).map(([path, text]) => parseSource(path, text));
const linesFound = ({ find }: Rule, files: Readonly<Record<string, string>>): number[] =>
  find(parsed(files)).map(({ line }) => line);

for (const rule of rules) {
  test(`the rule ${rule.name} finds what breaks it, and nothing else`, () => {
    const fixture = fixtures[rule.name];
    assert.ok(fixture, 'the rule has no fixture');
    assert.deepEqual(linesFound(rule, fixture.broken), fixture.lines);
    assert.deepEqual(linesFound(rule, fixture.kept), []);
  });
}

test('the form of a message', () => {
  for (const kept of [
    '"x" is no number.',
    '3 files are missing.',
    'limits.ef must be 1.',
    '--ks must be 1 (or 2).',
  ])
    assert.equal(complaintAbout(kept), undefined, kept);
  for (const broken of ['no such file.', 'the ef must be 1.', 'It is wrong', 'source: It is wrong.'])
    assert.notEqual(complaintAbout(broken), undefined, broken);
});
