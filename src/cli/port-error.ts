const answerMs = 1000;

/** Says what listens at a port of this machine, as far as it can be learned. */
async function whoListens(host: string, port: number): Promise<string> {
  const name = host.includes(':') ? `[${host}]` : host.replace(/^0\.0\.0\.0$/, '127.0.0.1');
  try {
    const signal = AbortSignal.timeout(answerMs);
    const response = await fetch(`http://${name}:${port}/`, { signal, redirect: 'manual' });
    const body = response.headers.get('content-type')?.includes('json') ? await response.json() : undefined;
    return Object(body).name === 'snapshelf' ? 'another Snapshelf server' : 'another program';
  } catch {
    return 'another program';
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'this user may not listen there; choose a port from 1024 on with --port.',
  EADDRNOTAVAIL: 'it is no address of this machine; choose another with --host.',
  ENOTFOUND: 'nothing of that name is known; choose another with --host.',
};

/**
 * Runs what opens a port.
 * @throws RangeError that says who has the port, or why it cannot be opened, and what to do; otherwise what `run` throws.
 */
export async function untilTakenPort(host: string, port: number, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (cause) {
    const { syscall, code = '' } = cause as NodeJS.ErrnoException;
    if (syscall === 'listen' && code === 'EADDRINUSE')
      throw new RangeError(
        `The port ${port} of ${host} is taken: ${await whoListens(host, port)} listens there. Stop it, or choose another port with --port (0 takes a free one).`,
        { cause },
      );
    const reason = syscall === 'listen' || syscall === 'getaddrinfo' ? reasons[code] : undefined;
    if (reason === undefined) throw cause;
    throw new RangeError(`The port ${port} of ${host} cannot be opened: ${reason}`, { cause });
  }
}
