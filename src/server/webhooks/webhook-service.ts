import { FolderRecords, type Records } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { type Logger, silentLogger } from '../../log.ts';
import { MessageSender } from '../../remote/index.ts';
import { Courier } from './courier.ts';
import { again, type Delivery, newDelivery } from './delivery.ts';
import { newMessage, type OpenJob, OpenJobs } from './open-jobs.ts';
import { Outbox } from './outbox.ts';
import { SendersTurn } from './senders-turn.ts';
import type { EventData, EventType, WebhookEvent } from './webhook-event.ts';
import type { WebhookInfo, WebhookSettings } from './webhook-file.ts';
import { type NewWebhook, WebhookList } from './webhook-list.ts';

/** Options of `Webhooks.open`. */
export interface WebhooksOptions {
  /**
   * Receivers of webhooks: hosts such as `hooks.example` or `*.hooks.example`, by HTTPS at public addresses, and whole origins such
   * as `http://10.0.0.5:8080`, which may be private. Default: none, so that none can be registered.
   */
  readonly allowWebhooks?: readonly string[] | undefined;
  /** Default: silent. */
  readonly log?: Logger | undefined;
  /** @internal Sends the messages. Default: by `allowWebhooks`. */
  readonly sender?: Pick<MessageSender, 'check' | 'send' | 'close'> | undefined;
}

/** A job of a kind before it has its message. */
type Without<T> = T extends unknown ? Omit<T, 'message'> & { readonly message?: string } : never;

/** Tells the end of a job. */
export type TellEnd<T extends EventType> = (data: EventData<T>) => Promise<void>;

const isFor = (
  { events, collections, disabledAt }: WebhookInfo,
  type: EventType,
  collection: string,
): boolean =>
  disabledAt === null &&
  (events === null || events.includes(type)) &&
  (collections === null || collections.includes(collection));

/**
 * The webhooks of a data folder, or of the servers of an engine, and what is on its way to them. An event that was told is kept, and
 * survives the end of the process. Of several servers one sends, and when nothing is heard of it, another.
 * @example
 * const retriever = await Retriever.open('data');
 * const webhooks = await Webhooks.open('data', { allowWebhooks: ['hooks.shop.example'] });
 * const evaluations = await Evaluations.open('data', { webhooks });
 * const app = createApp({ retriever, evaluations, webhooks, allow: 'admin' });
 */
export class Webhooks {
  readonly #list: WebhookList;
  readonly #log: Logger;
  readonly #sender: Pick<MessageSender, 'check' | 'send' | 'close'>;
  readonly #outbox: Outbox;
  readonly #jobs: OpenJobs;
  readonly #courier: Courier;
  readonly #records: Records;
  readonly #turn: SendersTurn;
  #isClosed = false;

  private constructor(records: Records, list: WebhookList, options: WebhooksOptions) {
    const { log = silentLogger, allowWebhooks = [] } = options;
    this.#records = records;
    this.#list = list;
    this.#log = log;
    this.#sender = options.sender ?? new MessageSender({ receivers: allowWebhooks });
    this.#outbox = new Outbox(records, log);
    this.#jobs = new OpenJobs(records, log);
    this.#turn = new SendersTurn(records, async () => {
      await this.refresh();
      this.#courier.wake();
    });
    this.#courier = new Courier({
      outbox: this.#outbox,
      sender: this.#sender,
      log,
      maySend: () => this.#turn.isHere,
      webhookOf: (id) => list.find(id),
      onGone: (id) => list.disable(id),
    });
  }

  /**
   * Opens the webhooks of a data folder, or of other records, and goes on with what is on its way.
   * @throws SnapshelfError `webhooks-invalid` for a damaged `webhooks.json`.
   * @throws TypeError for an entry of `allowWebhooks` that is none.
   */
  static async open(where: string | Records, options: WebhooksOptions = {}): Promise<Webhooks> {
    const records = typeof where === 'string' ? new FolderRecords(where) : where;
    const webhooks = new Webhooks(records, await WebhookList.open(records), options);
    await webhooks.#outbox.load();
    webhooks.#turn.begin();
    webhooks.#courier.wake();
    return webhooks;
  }

  /** True if other servers may tell of jobs that this one has begun. */
  get areShared(): boolean {
    return this.#records.areShared;
  }

  /** Reads what other servers have changed; does nothing where there are none. */
  async refresh(): Promise<void> {
    if (!this.#records.areShared) return;
    await this.#list.refresh();
    await this.#outbox.load();
  }

  /** Lists the webhooks without their secrets. */
  list(): WebhookInfo[] {
    return this.#list.all;
  }

  /** Returns a webhook by its id. @throws SnapshelfError `webhook-not-found`. */
  get(id: string): WebhookInfo {
    return this.#list.get(id);
  }

  /**
   * Registers a webhook, durably.
   * @throws SnapshelfError `url-refused`, `webhooks-invalid` if there are too many, `disk-full`, `not-writable`.
   */
  async create(settings: WebhookSettings): Promise<NewWebhook> {
    return this.#list.add({ ...settings, url: this.#sender.check(settings.url) });
  }

  /** Removes a webhook with its deliveries. @throws SnapshelfError `webhook-not-found`. */
  async remove(id: string): Promise<void> {
    await this.#list.remove(id);
    await this.#outbox.removeAll(id);
  }

  /** Lists the deliveries of a webhook, the newest first. @throws SnapshelfError `webhook-not-found`. */
  deliveries(id: string): Delivery[] {
    this.get(id);
    return this.#outbox.of(id).reverse();
  }

  /** Sends an event of the type `webhook.test` to a webhook. @throws SnapshelfError `webhook-not-found`. */
  async test(id: string): Promise<Delivery> {
    this.get(id);
    return this.#send(newMessage(), 'webhook.test', { collection: null }, id);
  }

  /** Puts a delivery in the queue again, under the same id of its message. @throws SnapshelfError `webhook-not-found`. */
  async retry(id: string, delivery: string): Promise<Delivery> {
    const found = this.#outbox.get(delivery);
    if (found?.webhook !== this.get(id).id)
      throw new SnapshelfError(
        'webhook-not-found',
        `The webhook ${id} has no delivery ${delivery.slice(0, 100)}.`,
      );
    if (found.state === 'pending' && found.tries === 0) return found;
    return this.#queue(again(found, Date.now()));
  }

  /** Tells an event to all webhooks that it is for, and returns how many these are. What cannot be kept is in the log. */
  async tell<T extends EventType>(
    type: T,
    data: EventData<T>,
    message: string = newMessage(),
  ): Promise<number> {
    if (this.#records.areShared) await this.#list.refresh();
    const told = this.#list.all.filter((one) => isFor(one, type, data.collection));
    for (const { id } of told)
      await this.#send(message, type, data, id).catch((error: unknown) =>
        this.#log.error('an event cannot be kept for its webhook', { webhook: id, type, error }),
      );
    return told.length;
  }

  /**
   * Notes a job, so that its end is told even if this process does not live to see it. Where other servers go on with it, they tell it,
   * under the same message.
   * @returns the function that tells it; it does nothing once this is closed, because the job is then only interrupted
   */
  async begin<T extends EventType>(job: Without<OpenJob> & { readonly type: T }): Promise<TellEnd<T>> {
    const open: OpenJob = { ...job, message: job.message ?? newMessage() };
    const isNoted =
      !this.#records.areShared && this.#list.all.some((one) => isFor(one, job.type, job.collection));
    if (isNoted)
      await this.#jobs
        .add(open)
        .catch((error: unknown) =>
          this.#log.error('a job cannot be noted for its webhooks', { ...open, error }),
        );
    return async (data) => {
      if (!this.#isClosed) await this.#end(open, data);
    };
  }

  /** Tells the ends of jobs that an earlier process left. @param endOf returns the data of an end; undefined if there is none to tell. */
  async tellLeft(endOf: (job: OpenJob) => Promise<EventData<EventType> | undefined>): Promise<void> {
    for (const job of await this.#jobs.list()) {
      const data = await endOf(job);
      if (this.#isClosed) return;
      if (data === undefined) await this.#jobs.remove(job);
      else await this.#end(job, data);
    }
  }

  /** Breaks off what is under way; it goes on when the folder is opened again. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#courier.close();
    await this.#turn.close();
    await this.#sender.close();
  }

  async #end(job: OpenJob, data: EventData<EventType>): Promise<void> {
    await this.tell(job.type, data as never, job.message);
    await this.#jobs.remove(job);
  }

  /** Keeps an event for a webhook and has it sent; one that is kept already stays as it is. */
  async #send<T extends WebhookEvent['type']>(
    message: string,
    type: T,
    data: EventData<T>,
    webhook: string,
  ): Promise<Delivery> {
    const now = Date.now();
    const event = { type, timestamp: new Date(now).toISOString(), data } as WebhookEvent;
    const made = newDelivery({ message, event, now }, webhook);
    if (this.#records.areShared) await this.#outbox.load();
    return this.#outbox.get(made.id) ?? this.#queue(made);
  }

  async #queue(delivery: Delivery): Promise<Delivery> {
    await this.#outbox.put(delivery);
    this.#courier.wake();
    return delivery;
  }
}
