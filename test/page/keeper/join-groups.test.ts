import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinGroups } from '../../../src/page/keeper/join-groups.ts';

type Results = Parameters<typeof joinGroups>[0][number]['results'];

const page = (...groups: readonly (readonly [group: number, ...ids: readonly string[]])[]) => ({
  results: groups.map(([group, ...ids]) => ({
    group,
    items: ids.map((id) => ({ item: { id } })),
  })) as unknown as Results,
});

test('a group that goes on in the next page is one group', () => {
  const joined = joinGroups([page([0, 'a', 'b'], [1, 'c']), page([1, 'd', 'e'], [2, 'f']), page([2, 'g'])]);
  assert.deepEqual(
    joined.map(({ group, items }) => [group, ...items.map(({ item }) => item.id)]),
    [
      [0, 'a', 'b'],
      [1, 'c', 'd', 'e'],
      [2, 'f', 'g'],
    ],
  );
});
