import type { Item } from '../../engine/index.ts';
import { PageBudget } from '../../engine/index.ts';
import { type ItemRow, intactItemOf } from './item-row.ts';

/** Items until there are enough, or too many bytes of them; full when something would have come after them. */
export class ItemPageFiller {
  readonly items: Item[] = [];
  readonly #limit: number;
  readonly #budget = new PageBudget();
  isFull = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes a row in that `isIntact`. Returns false if there is no room for it. */
  take(row: ItemRow): boolean {
    this.isFull =
      this.items.length === this.#limit || !this.#budget.take({ ...row, productId: row.product_id });
    if (!this.isFull) this.items.push(intactItemOf(row));
    return !this.isFull;
  }
}
