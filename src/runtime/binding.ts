import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type * as OnnxRuntime from 'onnxruntime-node';
import { SnapshelfError } from '../errors.ts';
import { disableTelemetry } from './telemetry.ts';

export type { OnnxRuntime };

/** The module itself; it is CommonJS, so its whole content is the default export. */
export type OnnxRuntimeModule = (typeof OnnxRuntime)['default'];

let loading: Promise<OnnxRuntimeModule> | undefined;

/**
 * Loads ONNX Runtime on first use, so that a broken install is an error of the call and not of the import.
 * @throws SnapshelfError `provider-unavailable` when the native library does not load.
 */
export function loadOnnxRuntime(): Promise<OnnxRuntimeModule> {
  loading ??= importOnnxRuntime();
  return loading;
}

async function importOnnxRuntime(): Promise<OnnxRuntimeModule> {
  disableTelemetry();
  try {
    return (await import('onnxruntime-node')).default;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SnapshelfError(
      'provider-unavailable',
      `ONNX Runtime does not load on ${process.platform}/${process.arch} (${why}). ` +
        'Reinstall it with: npm install --force onnxruntime-node.',
      { cause },
    );
  }
}

/** Returns the folder of the package onnxruntime-node, or undefined if it is not installed. */
export function packageFolder(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  } catch {
    return undefined; // loadOnnxRuntime reports it, with what to do
  }
}

/**
 * Returns the path of the native library `name` beside the binding, or undefined if there is none. An empty file is none:
 * scripts/no-cuda-download makes such files.
 */
export function nativeLibrary(name: string): string | undefined {
  const folder = packageFolder();
  if (folder === undefined) return undefined;
  const path = join(folder, 'bin', 'napi-v6', process.platform, process.arch, name);
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0 ? path : undefined;
}
