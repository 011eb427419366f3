import { deflateSync } from 'node:zlib';

/** Writes level 5 MAT-files by their specification: what the reader under test is not. */

const pad = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)]);

function element(type: number, body: Buffer): Buffer {
  const tag = Buffer.alloc(8);
  tag.writeUInt32LE(type, 0);
  tag.writeUInt32LE(body.length, 4);
  return Buffer.concat([tag, pad(body)]);
}

/** Up to four bytes in the tag itself, as MATLAB writes short parts. */
function small(type: number, body: Buffer): Buffer {
  if (body.length === 0 || body.length > 4) return element(type, body);
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(type, 0);
  bytes.writeUInt16LE(body.length, 2);
  body.copy(bytes, 4);
  return bytes;
}

const int32 = (...values: readonly number[]): Buffer => Buffer.from(Int32Array.from(values).buffer);

/** A matrix: its name is given where it is used. */
export type Matrix = (name: string) => Buffer;

const matrix =
  (kind: number, dims: readonly number[], content: readonly Buffer[]): Matrix =>
  (name) => {
    const head = [element(6, int32(kind, 0)), element(5, int32(...dims)), small(1, Buffer.from(name))];
    return element(14, Buffer.concat([...head, ...content]));
  };

export const numbers = (...values: readonly number[]): Matrix =>
  matrix(6, [1, values.length], [element(9, Buffer.from(Float64Array.from(values).buffer))]);

export const text = (value: string): Matrix =>
  matrix(
    4,
    [1, value.length],
    [small(4, Buffer.from(Uint16Array.from(value, (letter) => letter.charCodeAt(0)).buffer))],
  );

export const cells = (items: readonly Matrix[]): Matrix =>
  matrix(
    1,
    [1, items.length],
    items.map((item) => item('')),
  );

const slot = 32;

export const struct = (fields: readonly string[], rows: readonly (readonly Matrix[])[]): Matrix =>
  matrix(
    2,
    [1, rows.length],
    [
      small(5, int32(slot)),
      element(
        1,
        Buffer.concat(
          fields.map((field) => Buffer.concat([Buffer.from(field), Buffer.alloc(slot - field.length)])),
        ),
      ),
      ...rows.flat().map((value) => value('')),
    ],
  );

/** A whole file. */
export function matFile(variables: Readonly<Record<string, Matrix>>, compressed: boolean): Buffer {
  const header = Buffer.alloc(128, ' ');
  header.write('MATLAB 5.0 MAT-file, written by a test');
  header.writeUInt16LE(0x0100, 124);
  header.write('IM', 126);
  const bodies = Object.entries(variables).map(([name, make]) => {
    const plain = make(name);
    if (!compressed) return plain;
    const packed = deflateSync(plain);
    const tag = Buffer.alloc(8);
    tag.writeUInt32LE(15, 0);
    tag.writeUInt32LE(packed.length, 4);
    return Buffer.concat([tag, packed]);
  });
  return Buffer.concat([header, ...bodies]);
}
