// The memory of trials: laid out anew for each heat, and as large as the largest of them.

import { maximumPages } from '../eager/memory.ts';
import { slackBytes } from '../kernels/kernel.ts';
import { lineBytes } from '../kernels/sizes.ts';

const pageBytes = 65536;
/** Cache lines are fetched in pairs. */
const alignment = 128;
/** More than the second caches of processors hold: 2 MiB at most in 2026. */
const coldBytes = 3 * 2 ** 20;
/** One place for all, as a thread has it in a program. Kernels that need more are rare, and get it elsewhere. */
const scratchBytes = 4 * 2 ** 20;
const scratchAddress = alignment + coldBytes;
const firstAddress = scratchAddress + scratchBytes + alignment;

export class Ground {
  readonly memory = new WebAssembly.Memory({
    initial: Math.ceil(firstAddress / pageBytes),
    maximum: maximumPages,
  });
  #end = firstAddress;
  readonly #shared = new Map<string, number>();

  clear(): void {
    this.#end = firstAddress;
    this.#shared.clear();
  }

  /** The address of an array, with slack around it. @throws RangeError if the engine has no more memory */
  place(bytes: number): number {
    const address = this.#end;
    this.#end = Math.ceil((address + bytes + slackBytes) / alignment) * alignment;
    const missing = Math.ceil((this.#end - this.memory.buffer.byteLength) / pageBytes);
    if (missing > 0) this.memory.grow(missing);
    return address;
  }

  /** The array of a name, which the first who asks for it fills. */
  placeShared(name: string, floats: number, fill: (values: Float32Array) => void): number {
    const address = this.#shared.get(name) ?? this.place(4 * floats);
    if (!this.#shared.has(name)) fill(this.floats(address, floats));
    this.#shared.set(name, address);
    return address;
  }

  scratch(bytes: number): number {
    return bytes <= scratchBytes ? scratchAddress : this.place(bytes);
  }

  floats(address: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, length);
  }

  /** Puts usual numbers everywhere: processors take long over what lists of addresses, read as floats, may be. */
  smooth(): void {
    new Float32Array(this.memory.buffer).fill(0.5);
  }

  /** Pushes everything out of the second cache, by reading: what was written would have to be written back meanwhile. */
  chill(): number {
    const cold = this.floats(alignment, coldBytes / 4);
    let sum = 0;
    for (let i = 0; i < cold.length; i += lineBytes / 4) sum += cold[i];
    return sum;
  }
}
