/** What a worker was told that is done, and its last request that was open. */
export interface Acts {
  readonly done: readonly Readonly<Record<string, string>>[];
  readonly open: Readonly<Record<string, string>> | undefined;
}

/** Reads the lines of a worker; an unfinished last one was not printed. */
export function actsOf(output: string): Acts {
  const done: Record<string, string>[] = [];
  let open: Record<string, string> | undefined;
  for (const line of output.slice(0, output.lastIndexOf('\n') + 1).split('\n')) {
    if (line === '') continue;
    const { act, acted } = JSON.parse(line) as Record<string, Record<string, string> | undefined>;
    if (act !== undefined) open = act;
    if (acted === undefined) continue;
    done.push(acted);
    open = undefined;
  }
  return { done, open };
}
