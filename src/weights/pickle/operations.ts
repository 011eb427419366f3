import { invalid } from '../failures.ts';
import { Foreign } from './foreign.ts';
import { Constructor, type PickleMachine } from './pickle-machine.ts';

/** The effect of an opcode on the machine. */
export type Operation = (machine: PickleMachine) => void;

const constant =
  (value: unknown): Operation =>
  (machine) =>
    machine.push(value);

const number =
  (read: 'uint8' | 'uint16' | 'int32' | 'float64'): Operation =>
  (machine) =>
    machine.push(machine.reader[read]());

/** Decodes a whole number of up to 64 bytes, little-endian two's complement; a bigint if a number cannot hold it. */
function long(bytes: Uint8Array): number | bigint {
  if (bytes.length > 64) throw invalid(`The pickle has a whole number of ${bytes.length} bytes.`);
  const hex = Buffer.from(bytes).reverse().toString('hex');
  const value = BigInt.asIntN(8 * bytes.length, BigInt(`0x${hex || '0'}`));
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

const utf8 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
/** Decodes text that Python 2 wrote. */
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const raw = (bytes: Uint8Array): Uint8Array => bytes;

/** Reads a value whose length in bytes is the number before it. */
const counted =
  (length: 'uint8' | 'uint32' | 'uint64', decode: (bytes: Uint8Array) => unknown): Operation =>
  (machine) =>
    machine.push(decode(machine.reader.bytes(machine.reader[length]())));

const tuple =
  (count: number): Operation =>
  (machine) =>
    machine.push(machine.popMany(count));

function appendOne(machine: PickleMachine): void {
  const value = machine.pop();
  machine.topList().push(value);
}

function appendAll(machine: PickleMachine): void {
  const values = machine.popMark();
  const list = machine.topList();
  for (const value of values) list.push(value);
}

function setAll(dict: Map<unknown, unknown>, items: readonly unknown[]): Map<unknown, unknown> {
  if (items.length % 2 !== 0) throw invalid('The pickle has a key without a value.');
  for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
  return dict;
}

function setItems(machine: PickleMachine): void {
  const items = machine.popMark();
  setAll(machine.topDict(), items);
}

function setItem(machine: PickleMachine): void {
  const items = machine.popMany(2);
  setAll(machine.topDict(), items);
}

function reduce(machine: PickleMachine): void {
  const [callable, args] = machine.popMany(2);
  const known = callable instanceof Constructor;
  if (!(known || callable instanceof Foreign) || !Array.isArray(args))
    throw invalid('The pickle calls something that is not a function.');
  machine.push(known ? callable.call(args) : Foreign.madeBy(callable));
}

/** Makes an instance of the class below `count` arguments: always an opaque object. */
const instance =
  (count: number): Operation =>
  (machine) =>
    machine.push(Foreign.madeBy(machine.popMany(count + 1)[0]));

/** Makes an instance of the class at the mark. */
const instanceAtMark: Operation = (machine) => machine.push(Foreign.madeBy(machine.popMark()[0]));

function instanceByName(machine: PickleMachine): void {
  const made = Foreign.madeBy(machine.host.findGlobal(machine.reader.line(), machine.reader.line()));
  machine.popMark();
  machine.push(made);
}

/** Ignores the attributes of an object: of an OrderedDict (`_metadata`: module versions) or an opaque one. */
function build(machine: PickleMachine): void {
  machine.pop();
  machine.topDict();
}

/** Adds to a set, which is opaque: what is added is dropped. */
function addItems(machine: PickleMachine): void {
  machine.popMark();
  if (!(machine.top() instanceof Foreign)) throw invalid('The pickle adds to something that is not a set.');
}

function frozenSet(machine: PickleMachine): void {
  machine.popMark();
  machine.push(new Foreign('frozenset'));
}

function stackGlobal(machine: PickleMachine): void {
  const name = machine.popText();
  machine.push(machine.host.findGlobal(machine.popText(), name));
}

/**
 * The opcodes that protocols 2 to 5 write, by their names in Python's `pickletools`. Sets and instances of classes become
 * opaque objects. Left out on purpose are those that refer to registries and buffers of another program (EXT*, *_BUFFER).
 */
const opcodes: Readonly<Record<string, readonly [code: number, operation: Operation]>> = {
  PROTO: [0x80, (machine) => void machine.reader.uint8()],
  FRAME: [0x95, (machine) => void machine.reader.uint64()],
  NONE: [0x4e, constant(null)],
  NEWTRUE: [0x88, constant(true)],
  NEWFALSE: [0x89, constant(false)],
  BININT: [0x4a, number('int32')],
  BININT1: [0x4b, number('uint8')],
  BININT2: [0x4d, number('uint16')],
  BINFLOAT: [0x47, number('float64')],
  LONG1: [0x8a, counted('uint8', long)],
  LONG4: [0x8b, counted('uint32', long)],
  SHORT_BINUNICODE: [0x8c, counted('uint8', utf8)],
  BINUNICODE: [0x58, counted('uint32', utf8)],
  BINUNICODE8: [0x8d, counted('uint64', utf8)],
  SHORT_BINSTRING: [0x55, counted('uint8', latin1)],
  BINSTRING: [0x54, counted('uint32', latin1)],
  SHORT_BINBYTES: [0x43, counted('uint8', raw)],
  BINBYTES: [0x42, counted('uint32', raw)],
  BINBYTES8: [0x8e, counted('uint64', raw)],
  BYTEARRAY8: [0x96, counted('uint64', raw)],
  MARK: [0x28, (machine) => machine.mark()],
  POP: [0x30, (machine) => void machine.pop()],
  POP_MARK: [0x31, (machine) => void machine.popMark()],
  DUP: [0x32, (machine) => machine.push(machine.top())],
  EMPTY_TUPLE: [0x29, tuple(0)],
  TUPLE1: [0x85, tuple(1)],
  TUPLE2: [0x86, tuple(2)],
  TUPLE3: [0x87, tuple(3)],
  TUPLE: [0x74, (machine) => machine.push(machine.popMark())],
  EMPTY_LIST: [0x5d, tuple(0)],
  LIST: [0x6c, (machine) => machine.push(machine.popMark())],
  APPEND: [0x61, appendOne],
  APPENDS: [0x65, appendAll],
  EMPTY_DICT: [0x7d, (machine) => machine.push(new Map())],
  DICT: [0x64, (machine) => machine.push(setAll(new Map(), machine.popMark()))],
  SETITEM: [0x73, setItem],
  SETITEMS: [0x75, setItems],
  BINPUT: [0x71, (machine) => machine.memoize(machine.reader.uint8())],
  LONG_BINPUT: [0x72, (machine) => machine.memoize(machine.reader.uint32())],
  MEMOIZE: [0x94, (machine) => machine.memoize()],
  BINGET: [0x68, (machine) => machine.recall(machine.reader.uint8())],
  LONG_BINGET: [0x6a, (machine) => machine.recall(machine.reader.uint32())],
  GLOBAL: [
    0x63,
    (machine) => machine.push(machine.host.findGlobal(machine.reader.line(), machine.reader.line())),
  ],
  STACK_GLOBAL: [0x93, stackGlobal],
  BINPERSID: [0x51, (machine) => machine.push(machine.host.loadPersistent(machine.pop()))],
  REDUCE: [0x52, reduce],
  NEWOBJ: [0x81, instance(1)],
  NEWOBJ_EX: [0x92, instance(2)],
  OBJ: [0x6f, instanceAtMark],
  INST: [0x69, instanceByName],
  EMPTY_SET: [0x8f, (machine) => machine.push(new Foreign('set'))],
  ADDITEMS: [0x90, addItems],
  FROZENSET: [0x91, frozenSet],
  BUILD: [0x62, build],
};

/** The operation of each opcode, except STOP (0x2e), which ends the loop. */
export const operations: ReadonlyMap<number, Operation> = new Map(Object.values(opcodes));
