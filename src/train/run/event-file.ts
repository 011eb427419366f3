import { informationNumbers } from './information-numbers.ts';
import type { LogEntry } from './log-entry.ts';

/** The bytes of an event file for TensorBoard, https://github.com/tensorflow/tensorboard: records of protobuf messages. */

const castagnoli = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0x82f63b78 : rest >>> 1;
  return rest;
});

/** CRC-32C, rotated and shifted as TFRecord has it, little-endian. */
function maskedChecksum(bytes: Uint8Array): Buffer {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (castagnoli[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  crc = ~crc >>> 0;
  const result = Buffer.alloc(4);
  result.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
  return result;
}

/** A TFRecord: length, checksum of the length, bytes, checksum of the bytes. */
function recordOf(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([length, maskedChecksum(length), bytes, maskedChecksum(bytes)]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** A field of text, bytes or a message; fields are written in the order of their numbers. */
const delimited = (field: number, bytes: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([8 * field + 2]), varint(bytes.length), bytes]);

/** Summary.Value: tag = 1, simple_value = 2 (float). */
function scalar(tag: string, value: number): Buffer {
  const number = Buffer.alloc(5);
  number[0] = 8 * 2 + 5;
  number.writeFloatLE(value, 1);
  return delimited(1, Buffer.concat([delimited(1, Buffer.from(tag)), number]));
}

/** Event: wall_time = 1 (double, seconds), step = 2, then file_version = 3 or summary = 5. */
function event(time: number, step: number, content: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head[0] = 8 + 1;
  head.writeDoubleLE(time, 1);
  const steps = step === 0 ? [] : [Buffer.from([8 * 2]), varint(step)];
  return recordOf(Buffer.concat([head, ...steps, content]));
}

const secondsOf = ({ time }: LogEntry): number => {
  const milliseconds = Date.parse(String(time));
  return Number.isFinite(milliseconds) ? milliseconds / 1000 : 0;
};

/** The scalars of the information of a validation set. */
function informationScalars(result: unknown, group: string): [tag: string, value: unknown][] {
  const { name, information } = Object(result) as Record<string, unknown>;
  return informationNumbers
    .of(information)
    .map(([number, value]) => [`${group}_${number}/${String(name)}`, value]);
}

/** The scalars of a line of the log, by tag; values that are no numbers are left out. */
function scalarsOf(entry: LogEntry): [tag: string, value: unknown][] {
  const { kind, loss, learningRate, imagesPerSecond, recall, results, network } = entry;
  if (kind === 'step')
    return [
      ['train/loss', loss],
      ['train/learning_rate', learningRate],
      ['train/images_per_second', imagesPerSecond],
    ];
  const each = Array.isArray(results) ? (results as readonly unknown[]) : [];
  if (kind === 'baseline')
    return each.flatMap((result) => informationScalars(result, `baseline_${String(network)}`));
  if (kind !== 'validation') return [];
  return [
    ['validation/recall_at_1', recall],
    ...each.flatMap((result): [string, unknown][] => {
      const { name, cosine, l2 } = Object(result) as Record<string, unknown>;
      return [
        [`recall_at_1_cosine/${String(name)}`, cosine],
        [`recall_at_1_l2/${String(name)}`, l2],
        ...informationScalars(result, 'information'),
      ];
    }),
  ];
}

/** The event file of a run, which TensorBoard reads: a name that contains `tfevents`, and bytes that follow from the log. */
export const eventFile = {
  name: 'events.out.tfevents.snapshelf',
  /** Encodes the event that an event file begins with. */
  header: (first: LogEntry): Buffer => event(secondsOf(first), 0, delimited(3, Buffer.from('brain.Event:2'))),
  /** Encodes a line of the log; empty if it has no numbers to show. */
  encode(entry: LogEntry): Buffer {
    const values = scalarsOf(entry).flatMap(([tag, value]) =>
      typeof value === 'number' ? [scalar(tag, value)] : [],
    );
    if (values.length === 0) return Buffer.alloc(0);
    return event(secondsOf(entry), entry.step, delimited(5, Buffer.concat(values)));
  },
};
