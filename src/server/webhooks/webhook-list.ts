import { SnapshelfError } from '../../errors.ts';
import {
  maxWebhooks,
  newWebhook,
  readWebhooks,
  type StoredWebhook,
  type WebhookInfo,
  type WebhookSettings,
  writeWebhooks,
} from './webhook-file.ts';

/** A webhook that was registered. Its secret is shown now and never again. */
export interface NewWebhook {
  readonly webhook: WebhookInfo;
  readonly secret: string;
}

const infoOf = ({ secret: _, ...info }: StoredWebhook): WebhookInfo => info;

/** The webhooks of a data folder, as `webhooks.json` keeps them. */
export class WebhookList {
  readonly #data: string;
  #stored: readonly StoredWebhook[];
  #last: Promise<unknown> = Promise.resolve();

  private constructor(data: string, stored: readonly StoredWebhook[]) {
    this.#data = data;
    this.#stored = stored;
  }

  /** Reads the webhooks of a data folder. @throws SnapshelfError `webhooks-invalid`. */
  static async open(data: string): Promise<WebhookList> {
    return new WebhookList(data, await readWebhooks(data));
  }

  /** All webhooks without their secrets. */
  get all(): WebhookInfo[] {
    return this.#stored.map(infoOf);
  }

  /** Returns a webhook with its secret; undefined if there is none. */
  find(id: string): StoredWebhook | undefined {
    return this.#stored.find((one) => one.id === id);
  }

  /** Returns a webhook by its id. @throws SnapshelfError `webhook-not-found`. */
  get(id: string): WebhookInfo {
    const found = this.find(id);
    if (found !== undefined) return infoOf(found);
    throw new SnapshelfError('webhook-not-found', `There is no webhook ${id.slice(0, 100)}.`);
  }

  /** Adds a webhook, durably. @throws SnapshelfError `webhooks-invalid` if there are too many, `disk-full`, `not-writable`. */
  add(settings: WebhookSettings): Promise<NewWebhook> {
    return this.#change(async () => {
      if (this.#stored.length >= maxWebhooks)
        throw new SnapshelfError('webhooks-invalid', `There are ${maxWebhooks} webhooks. Remove some first.`);
      const made = newWebhook(settings);
      await this.#write([...this.#stored, made]);
      return { webhook: infoOf(made), secret: made.secret };
    });
  }

  /** Removes a webhook. @throws SnapshelfError `webhook-not-found`. */
  remove(id: string): Promise<void> {
    return this.#change(async () => {
      this.get(id);
      await this.#write(this.#stored.filter((one) => one.id !== id));
    });
  }

  /** Keeps a webhook, but it is sent nothing any more. */
  disable(id: string): Promise<void> {
    const disabledAt = new Date().toISOString();
    return this.#change(() =>
      this.#write(this.#stored.map((one) => (one.id === id ? { ...one, disabledAt } : one))),
    );
  }

  /** Runs one change after the other. */
  #change<T>(run: () => Promise<T>): Promise<T> {
    const done = this.#last.then(run, run);
    this.#last = done.catch(() => {});
    return done;
  }

  async #write(webhooks: readonly StoredWebhook[]): Promise<void> {
    await writeWebhooks(this.#data, webhooks);
    this.#stored = webhooks;
  }
}
