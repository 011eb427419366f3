interface Signature {
  readonly start: RegExp;
  readonly format: string;
}

/** The beginnings of files that people mistake for models, as Latin-1 text. */
const signatures: readonly Signature[] = [
  {
    start: /^PK/,
    format: 'a zip archive, as PyTorch weights are; make a model of those with `snapshelf export`',
  },
  {
    start: /^\x80/,
    format: 'a pickle, as old PyTorch weights are; make a model of those with `snapshelf export`',
  },
  { start: /^.{8}\{"/s, format: 'safetensors weights; make a model of them with `snapshelf export`' },
  {
    start: /^version https:\/\/git-lfs/,
    format: 'a Git LFS pointer; fetch the file itself with `git lfs pull`',
  },
  { start: /^\s*<(!doctype|html|\?xml)/i, format: 'a page of HTML or XML, perhaps a failed download' },
  { start: /^\s*[{[]\s*["{\]}]/, format: 'JSON' },
  { start: /^\xff\xd8\xff/, format: 'a JPEG picture' },
  { start: /^\x89PNG/, format: 'a PNG picture' },
  { start: /^GIF8/, format: 'a GIF picture' },
  { start: /^RIFF/, format: 'a WebP picture or another RIFF file' },
];

/** Returns the likely format of a file that is not a model; undefined if its beginning is not known. */
export function foreignFormat(bytes: Uint8Array): string | undefined {
  const beginning = Buffer.from(bytes.subarray(0, 64)).toString('latin1');
  return signatures.find(({ start }) => start.test(beginning))?.format;
}
