import { extname } from 'node:path';
import type { LeftOutKind } from './left-out.ts';

/** The endings of picture files, in lower case. */
export const pictureExtensions: readonly string[] = [
  '.jpg',
  '.jpeg',
  '.jpe',
  '.jfif',
  '.png',
  '.webp',
  '.avif',
  '.gif',
];

/** The endings of pictures that are not read. */
const unsupportedExtensions: ReadonlySet<string> = new Set(
  '.heic .heif .hif .tif .tiff .bmp .dib .jp2 .j2k .jpx .jxl .jxr .svg .psd .psb .ai .eps .tga .ico .pcx .ppm .pgm .xcf .exr .hdr .raw .dng .cr2 .cr3 .nef .arw .orf .rw2 .raf .pef .srw'.split(
    ' ',
  ),
);

/** Folders that network drives, operating systems and archives make beside the user's own, in lower case. */
const systemFolders: ReadonlySet<string> = new Set([
  // Network drives, and programs that keep them in step.
  '@eadir',
  '@tmp',
  '@recycle',
  '@recently-snapshot',
  '@sharebin',
  '#recycle',
  '#snapshot',
  '~snapshot',
  '.@__thumb',
  '.@upload_cache',
  '.synologyworkingdirectory',
  '.snapshot',
  '.stversions',
  '.stfolder',
  // macOS, and archives made there.
  '__macosx',
  '.appledouble',
  '.fseventsd',
  '.spotlight-v100',
  '.trashes',
  '.temporaryitems',
  'temporary items',
  'network trash folder',
  // Windows and Linux.
  '$recycle.bin',
  'recycler',
  'system volume information',
  'found.000',
  'lost+found',
  // Programs that show pictures.
  '.thumbnails',
  '.picasaoriginals',
  '.dtrash',
]);

/** Files that operating systems leave beside the user's own, in lower case. */
const systemFiles: ReadonlySet<string> = new Set([
  '.ds_store',
  '.localized',
  '.directory',
  'thumbs.db',
  'ehthumbs.db',
  'desktop.ini',
]);

/** Returns why a folder of that name is not looked into; undefined if it is. */
export function folderProblem(name: string): LeftOutKind | undefined {
  const lower = name.toLowerCase();
  if (systemFolders.has(lower) || /^\.trash-\d+$/.test(lower)) return 'system-folder';
  return name.startsWith('.') ? 'hidden' : undefined;
}

/** Returns why a file of that name is not taken for a picture; undefined if it is. */
export function fileProblem(name: string): LeftOutKind | undefined {
  // `._photo.jpg` has what macOS knows of photo.jpg, on drives that cannot keep it.
  if (systemFiles.has(name.toLowerCase()) || name.startsWith('._')) return 'system-file';
  if (name.startsWith('.')) return 'hidden';
  const extension = extname(name).toLowerCase();
  if (pictureExtensions.includes(extension)) return undefined;
  return unsupportedExtensions.has(extension) ? 'unsupported-picture' : 'not-a-picture';
}
