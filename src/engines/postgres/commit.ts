import { unavailable } from './failures.ts';
import type { Client } from './pools.ts';

/** Begins a transaction whose commit, once it is answered, is on disk; a server that waits for more does so. */
export const begin = `BEGIN; SELECT set_config('synchronous_commit', 'on', true)
  WHERE current_setting('synchronous_commit') IN ('off', 'local')`;

/**
 * Commits. A server that stops waiting for its replica only warns, and has committed by itself: that is no success.
 * @throws SnapshelfError `engine-unavailable`.
 */
export async function commit(client: Client): Promise<void> {
  let warning: string | undefined;
  const note = (notice: {
    readonly severity?: string | undefined;
    readonly message?: string | undefined;
  }): void => {
    if (notice.severity === 'WARNING') warning = notice.message;
  };
  client.on('notice', note);
  try {
    const { command } = await client.query('COMMIT');
    if (command !== 'COMMIT') throw unavailable('The Postgres server rolled a transaction back.');
    if (warning !== undefined)
      throw unavailable(`The Postgres server did not wait for its replica (${warning}).`);
  } finally {
    client.off('notice', note);
  }
}
