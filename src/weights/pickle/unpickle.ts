import { unsafe } from '../failures.ts';
import type { ByteReader } from './byte-reader.ts';
import { operations } from './operations.ts';
import { type PickleHost, PickleMachine } from './pickle-machine.ts';

const stop = 0x2e;

/**
 * Reads one pickle (protocols 2 to 5) and leaves the reader after it. No code is run except the host's constructors:
 * everything else that it asks for becomes an opaque `Foreign`.
 *
 * @throws SnapshelfError `weights-invalid` for a damaged pickle, `weights-unsafe` for one that refers to another
 * program's registries or memory
 */
export function unpickle(reader: ByteReader, host: PickleHost): unknown {
  const machine = new PickleMachine(reader, host);
  for (;;) {
    host.budget.spend(1);
    const code = reader.uint8();
    if (code === stop) return machine.pop();
    const operation = operations.get(code);
    if (operation === undefined) {
      const request = `the pickle opcode 0x${code.toString(16)}`;
      throw unsafe(request);
    }
    operation(machine);
  }
}
