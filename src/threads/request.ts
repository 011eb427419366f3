import { AsyncLocalStorage } from 'node:async_hooks';

const requests = new AsyncLocalStorage<string>();

/** Does work for a request: what threads log while they do their part of it names the request. */
export const forRequest = <T>(request: string, work: () => T): T => requests.run(request, work);

/** Returns the id of the request that work is done for; undefined outside of any. */
export const requestOfWork = (): string | undefined => requests.getStore();
