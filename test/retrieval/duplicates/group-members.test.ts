import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GroupMembers } from '../../../src/retrieval/duplicates/group-members.ts';

test('pairs become groups, whose members keep their best score; a list of them is as good as the pairs', () => {
  const groups = new GroupMembers();
  groups.join('b', 'a', 0.96, false);
  groups.join('d', 'c', 0.97, true);
  groups.join('e', 'f', 0.99, false);
  groups.join('c', 'b', 0.98, false);
  groups.join('a', 'd', 0.95, false);
  const wanted = [
    [
      { id: 'a', score: 0.96, identical: false },
      { id: 'b', score: 0.98, identical: false },
      { id: 'c', score: 0.98, identical: true },
      { id: 'd', score: 0.97, identical: true },
    ],
    [
      { id: 'e', score: 0.99, identical: false },
      { id: 'f', score: 0.99, identical: false },
    ],
  ];
  assert.deepEqual([groups.list(), groups.groups, groups.members], [wanted, 2, 6]);
  const restored = new GroupMembers();
  restored.restore(wanted);
  assert.deepEqual([restored.list(), restored.groups], [wanted, 2]);
});

test('a long chain is one group, and there is a most of members', () => {
  const groups = new GroupMembers(1000);
  for (let i = 1; i < 1000; i += 1) groups.join(`${i}`, `${i - 1}`, 1, false);
  assert.deepEqual([groups.groups, groups.list()[0]?.length], [1, 1000]);
  assert.throws(() => groups.join('1', 'one more', 1, false), { code: 'query-invalid' });
});
