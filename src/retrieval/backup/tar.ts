import type { FileHandle } from 'node:fs/promises';

/**
 * The plainest form of a tar archive (POSIX ustar): regular files with short names, nothing else. Any tar program reads
 * what is written here; links, folders, devices and extended headers, which make foreign archives dangerous, are not read.
 */

/** One file of an archive. */
export interface TarEntry {
  /** 1 to 100 characters of ASCII. */
  readonly name: string;
  /** Bytes of its content. */
  readonly size: number;
  /** Offset of its content in the archive, in bytes. */
  readonly start: number;
}

const block = 512;
const largestOctal = 8 ** 11 - 1;
const magic = 'ustar\x0000';

/** Fields of a header: offset and length in bytes. */
const fields = {
  name: [0, 100],
  mode: [100, 8],
  owner: [108, 8],
  group: [116, 8],
  size: [124, 12],
  time: [136, 12],
  sum: [148, 8],
  type: [156, 1],
  magic: [257, 8],
} as const;

const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;

/** The sum of a header's bytes, in which those of the sum itself count as blanks. */
function sumOf(header: Uint8Array): number {
  const [from, length] = fields.sum;
  return header.reduce((sum, byte, at) => sum + (at >= from && at < from + length ? 0x20 : byte), 0);
}

/** Returns the number of bytes up to the next block. */
const padding = (size: number): number => (block - (size % block)) % block;

/** Returns the header of a file. Its time is in seconds since 1970. */
export function tarHeader(name: string, size: number, time: number): Buffer {
  const header = Buffer.alloc(block);
  const put = (field: keyof typeof fields, text: string): void =>
    void header.write(text, fields[field][0], 'latin1');
  put('name', name);
  put('mode', octal(0o644, 7));
  put('owner', octal(0, 7));
  put('group', octal(0, 7));
  if (size <= largestOctal) put('size', octal(size, 11));
  else {
    // As GNU tar writes it: a first byte of 0x80, then the number itself.
    header[fields.size[0]] = 0x80;
    header.writeBigUInt64BE(BigInt(size), fields.size[0] + 4);
  }
  put('time', octal(time, 11));
  put('type', '0');
  put('magic', magic);
  put('sum', `${sumOf(header).toString(8).padStart(6, '0')}\0 `);
  return header;
}

/** Returns the zeros that follow a content of `size` bytes. */
export const tarPadding = (size: number): Buffer => Buffer.alloc(padding(size));

/** Returns the end of an archive. */
export const tarEnd = (): Buffer => Buffer.alloc(2 * block);

function textAt(header: Buffer, field: keyof typeof fields): string {
  const [from, length] = fields[field];
  const bytes = header.subarray(from, from + length);
  const end = bytes.indexOf(0);
  return bytes.toString('latin1', 0, end === -1 ? length : end);
}

function sizeOf(header: Buffer): number | undefined {
  const [from] = fields.size;
  if (header[from] === 0x80) {
    const size = header.readBigUInt64BE(from + 4);
    const isHuge = size > BigInt(Number.MAX_SAFE_INTEGER) || header.readUIntBE(from + 1, 3) !== 0;
    return isHuge ? undefined : Number(size);
  }
  const digits = textAt(header, 'size').trim();
  return /^[0-7]{1,11}$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
}

const isFileType = (type: string): boolean => type === '0' || type === '';

/** Reads one header. Returns undefined if it is none of a regular file with a short name. */
function parseHeader(header: Buffer): { readonly name: string; readonly size: number } | undefined {
  const size = sizeOf(header);
  const name = textAt(header, 'name');
  const isOurs =
    Number.parseInt(textAt(header, 'sum').trim(), 8) === sumOf(header) &&
    textAt(header, 'magic').startsWith('ustar') &&
    isFileType(textAt(header, 'type')) &&
    header.subarray(345, 500).every((byte) => byte === 0);
  return isOurs && size !== undefined && name !== '' ? { name, size } : undefined;
}

/**
 * Lists the files of an archive without reading their content.
 *
 * @param most the most files that it may have
 * @throws RangeError with the reason if it is cut short, has more files, or something else than files in it
 */
export async function listTar(file: FileHandle, bytes: number, most: number): Promise<TarEntry[]> {
  const entries: TarEntry[] = [];
  const header = Buffer.alloc(block);
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(header, 0, block, at);
    if (bytesRead < block) throw new RangeError('It is cut short.');
    if (header.every((byte) => byte === 0)) return entries;
    const found = parseHeader(header);
    if (found === undefined) throw new RangeError(`At byte ${at} there is no plain file of a tar archive.`);
    const start = at + block;
    at = start + found.size + padding(found.size);
    if (at > bytes) throw new RangeError('It is cut short.');
    if (entries.push({ ...found, start }) > most) throw new RangeError(`It has more than ${most} files.`);
  }
}
