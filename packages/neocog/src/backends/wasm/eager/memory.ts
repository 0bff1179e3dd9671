// The one WebAssembly memory of eager operations. Each operation lays out its arrays from the beginning: nothing stays in
// here from one to the next.

import type { Values } from '../../work.ts';

const pageBytes = 65536;
export const maximumPages = 65536;

let made: WebAssembly.Memory | null = null;

/** Made for the first operation: this file loads where there is no WebAssembly. @throws RangeError if the engine refuses */
export function memory(): WebAssembly.Memory {
  made ??= new WebAssembly.Memory({ initial: 16, maximum: maximumPages });
  return made;
}

/** Makes the memory at least so large. @throws RangeError beyond 4 GiB, or if the engine has no more memory */
export function reserve(bytes: number): void {
  const now = memory().buffer.byteLength / pageBytes;
  const missing = Math.ceil(bytes / pageBytes) - now;
  if (missing <= 0) return;
  // Growing by a quarter at least keeps the number of growths small.
  const wanted = Math.min(Math.max(missing, now >> 2), maximumPages - now);
  try {
    if (wanted < missing) throw new RangeError('4 GiB is the most a WebAssembly memory holds');
    memory().grow(wanted);
  } catch (cause) {
    const needed = Math.ceil(bytes / 2 ** 20);
    throw new RangeError(`${needed} MiB of working memory: ${cause}`, { cause });
  }
}

/** Copies values in. */
export function put(address: number, values: Values): void {
  const { buffer } = memory();
  if (values instanceof Float32Array) new Float32Array(buffer, address, values.length).set(values);
  else new Int32Array(buffer, address, values.length).set(values);
}

/** A copy on the JavaScript heap. */
export function takeFloats(address: number, length: number): Float32Array {
  return new Float32Array(memory().buffer, address, length).slice();
}

/** A copy on the JavaScript heap. */
export function takeInts(address: number, length: number): Int32Array {
  return new Int32Array(memory().buffer, address, length).slice();
}
