import { readFileSync } from 'node:fs';

/** Bytes that the rows of the kernel are a multiple of. */
export const kernelWidth = 16;

/** The functions of `products.wat`, on one memory; places are bytes from its beginning. */
export interface Kernel {
  /** Writes the inner products of four rows, `int8[stride]` each, and `int16[stride]` at `query` to `int32[4]` at `out`. */
  four(a: number, b: number, c: number, d: number, stride: number, query: number, out: number): void;
  /** Writes the inner products of `int8[32, stride]` at `codes` and `int16[stride]` at `query` to `int32[32]` at `out`. */
  products(codes: number, stride: number, query: number, out: number): void;
}

/** The part of the global that is used here: Node's types do not have it. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Memory: new (size: { initial: number; maximum: number; shared: true }) => SharedMemory;
  readonly Instance: new (
    module: object,
    imports: { readonly env: { readonly memory: SharedMemory } },
  ) => { readonly exports: unknown };
};

/** A memory that kernels and threads can share. */
export interface SharedMemory {
  readonly buffer: SharedArrayBuffer;
}

const pageBytes = 65_536;
let compiled: object | undefined;

/** Makes a memory of at least so many bytes, which are 0. The machine gives them when they are first written to. */
export function makeMemory(bytes: number): SharedMemory {
  const pages = Math.ceil(bytes / pageBytes);
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}

/** Makes the kernel of a memory. */
export function kernelOf(memory: SharedMemory): Kernel {
  compiled ??= new WebAssembly.Module(readFileSync(new URL('./products.wasm', import.meta.url)));
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  return exports as Kernel;
}
