import { SnapshelfError } from '../../errors.ts';
import { counted } from '../../text.ts';

/** An item of a group. */
export interface GroupMember {
  readonly id: string;
  /** Its highest score with another item of the group. */
  readonly score: number;
  /** True if another item of the group has a picture of the same bytes. */
  readonly identical: boolean;
}

/** Most items of all groups: so many are held in memory, and written to the checkpoint. */
export const maxMembers = 200_000;

interface Node {
  parent: string;
  size: number;
  score: number;
  identical: boolean;
}

const byId = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** The groups of nearly identical items, joined pair by pair (union-find): items that have no duplicate take no memory. */
export class GroupMembers {
  readonly #most: number;
  readonly #nodes = new Map<string, Node>();
  #groups = 0;

  /** @param most the most items of all groups; default 200,000 */
  constructor(most = maxMembers) {
    this.#most = most;
  }

  /** Number of groups. */
  get groups(): number {
    return this.#groups;
  }

  /** Number of items in them. */
  get members(): number {
    return this.#nodes.size;
  }

  /**
   * Joins two items, and so their groups.
   * @throws SnapshelfError `query-invalid` if the groups would have too many items.
   */
  join(a: string, b: string, score: number, identical: boolean): void {
    const one = this.#find(a, score, identical);
    const other = this.#find(b, score, identical);
    if (one === other) return;
    const [large, small] = this.#sizeOf(one) < this.#sizeOf(other) ? [other, one] : [one, other];
    const root = this.#nodes.get(large) as Node;
    const below = this.#nodes.get(small) as Node;
    below.parent = large;
    root.size += below.size;
    this.#groups -= 1;
  }

  /** Lists the groups: the largest first, those of one size by their first id; ids in code unit order. */
  list(): GroupMember[][] {
    const groups = new Map<string, GroupMember[]>();
    for (const [id, { score, identical }] of this.#nodes) {
      const root = this.#root(id);
      const group = groups.get(root) ?? [];
      group.push({ id, score, identical });
      groups.set(root, group);
    }
    const sorted = [...groups.values()].map((group) => group.sort((a, b) => byId(a.id, b.id)));
    return sorted.sort((a, b) => b.length - a.length || byId(a[0]?.id ?? '', b[0]?.id ?? ''));
  }

  /** Takes over groups that were listed before. */
  restore(groups: readonly (readonly GroupMember[])[]): void {
    for (const group of groups)
      for (const { id, score, identical } of group) {
        this.#find(id, score, identical);
        this.join(group[0]?.id ?? id, id, Number.NEGATIVE_INFINITY, false);
      }
  }

  /** Returns the root of an item, which is added if it is new, and notes its score. */
  #find(id: string, score: number, identical: boolean): string {
    const node = this.#nodes.get(id);
    if (node === undefined) {
      if (this.#nodes.size >= this.#most)
        throw new SnapshelfError(
          'query-invalid',
          `${counted(this.#nodes.size, 'item is', 'items are')} nearly identical to another one, and there are more. Choose a higher threshold.`,
        );
      this.#nodes.set(id, { parent: id, size: 1, score, identical });
      this.#groups += 1;
      return id;
    }
    node.score = Math.max(node.score, score);
    node.identical ||= identical;
    return this.#root(id);
  }

  #root(id: string): string {
    let node = this.#nodes.get(id) as Node;
    let root = id;
    while (node.parent !== root) {
      const above = this.#nodes.get(node.parent) as Node;
      root = node.parent;
      // Halves the path for the next time.
      node.parent = above.parent;
      node = above;
    }
    return root;
  }

  #sizeOf(root: string): number {
    return this.#nodes.get(root)?.size ?? 0;
  }
}
