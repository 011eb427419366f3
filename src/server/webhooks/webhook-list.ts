import type { Records } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { Semaphore } from '../../threads/index.ts';
import {
  changeWebhooks,
  maxWebhooks,
  newWebhook,
  type ReadWebhooks,
  readWebhooks,
  type StoredWebhook,
  type WebhookInfo,
  type WebhookSettings,
  webhooksVersion,
} from './webhook-file.ts';

/** A webhook that was registered. Its secret is shown now and never again. */
export interface NewWebhook {
  readonly webhook: WebhookInfo;
  readonly secret: string;
}

const infoOf = ({ secret: _, ...info }: StoredWebhook): WebhookInfo => info;

/** The webhooks as `webhooks.json` keeps them. */
export class WebhookList {
  readonly #records: Records;
  #read: ReadWebhooks;
  readonly #turns = new Semaphore(1);

  private constructor(records: Records, read: ReadWebhooks) {
    this.#records = records;
    this.#read = read;
  }

  /** Reads the webhooks. @throws SnapshelfError `webhooks-invalid`. */
  static async open(records: Records): Promise<WebhookList> {
    return new WebhookList(records, await readWebhooks(records));
  }

  /** Reads what another server has changed. */
  refresh(): Promise<void> {
    return this.#turns.run(1, async () => {
      if ((await webhooksVersion(this.#records)) !== this.#read.version)
        this.#read = await readWebhooks(this.#records);
    });
  }

  /** All webhooks without their secrets. */
  get all(): WebhookInfo[] {
    return this.#read.webhooks.map(infoOf);
  }

  /** Returns a webhook with its secret; undefined if there is none. */
  find(id: string): StoredWebhook | undefined {
    return this.#read.webhooks.find((one) => one.id === id);
  }

  /** Returns a webhook by its id. @throws SnapshelfError `webhook-not-found`. */
  get(id: string): WebhookInfo {
    const found = this.find(id);
    if (found !== undefined) return infoOf(found);
    throw new SnapshelfError('webhook-not-found', `There is no webhook ${id.slice(0, 100)}.`);
  }

  /** Adds a webhook, durably. @throws SnapshelfError `webhooks-invalid` if there are too many. */
  async add(settings: WebhookSettings): Promise<NewWebhook> {
    const made = newWebhook(settings);
    await this.#change((stored) => {
      if (stored.length >= maxWebhooks)
        throw new SnapshelfError('webhooks-invalid', `There are ${maxWebhooks} webhooks. Remove some first.`);
      return [...stored, made];
    });
    return { webhook: infoOf(made), secret: made.secret };
  }

  /** Removes a webhook. @throws SnapshelfError `webhook-not-found`. */
  async remove(id: string): Promise<void> {
    this.get(id);
    await this.#change((stored) => stored.filter((one) => one.id !== id));
  }

  /** Keeps a webhook, but it is sent nothing any more. */
  disable(id: string): Promise<void> {
    const disabledAt = new Date().toISOString();
    return this.#change((stored) => stored.map((one) => (one.id === id ? { ...one, disabledAt } : one)));
  }

  #change(change: (stored: readonly StoredWebhook[]) => readonly StoredWebhook[]): Promise<void> {
    return this.#turns.run(1, async () => {
      this.#read = await changeWebhooks(this.#records, change);
    });
  }
}
