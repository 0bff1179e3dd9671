// Runs the steps of a plan on arrays in a memory of their own, each kernel's units in pieces of random size and order: what
// a kernel promises to be free to do is what the tests do to it.

import { Module } from '../packages/neocog/src/backends/wasm/assembler/index.ts';
import { type Kernel, type Step, slackBytes } from '../packages/neocog/src/backends/wasm/kernels/kernel.ts';
import { Generator } from '../packages/neocog/src/tensor/random.ts';

const exportName = 'kernel';

/** Compiles one kernel. */
export function compileKernel(kernel: Kernel, memory: WebAssembly.Memory): (...args: number[]) => void {
  const m = new Module();
  m.memory('env', 'memory', { initial: 1, maximum: 65536 });
  const inner = kernel.emit(m, 'inner');
  m.func(exportName, inner.params, (f, p) => f.run(f.call(inner, p)), { export: true });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(m.encode()), { env: { memory } });
  return instance.exports[exportName] as (...args: number[]) => void;
}

/** Arrays by name in one memory. Fresh arrays, slack and scratch hold NaN, so that nothing relies on zeros. */
export class KernelRunner<O extends string> {
  readonly memory = new WebAssembly.Memory({ initial: 16, maximum: 65536 });
  readonly #addresses = new Map<O, number>();
  readonly #random: Generator;
  #top = 64;

  constructor(seed = 1) {
    this.#random = new Generator(seed);
  }

  /** Room for `length` floats, with `values` at its beginning. */
  place(name: O, length: number, values: ArrayLike<number> = []): this {
    const address = this.#alloc(length * 4);
    this.floats(address, length).set(values);
    this.#addresses.set(name, address);
    return this;
  }

  read(name: O, length: number): Float32Array {
    return this.floats(this.address(name), length).slice();
  }

  address(name: O): number {
    const address = this.#addresses.get(name);
    if (address === undefined) throw new Error(`no array ${name} was placed`);
    return address;
  }

  floats(address: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, length);
  }

  /** All units of every step, in pieces of random size and order. */
  run(steps: readonly Step<O>[]): void {
    for (const { kernel, operands } of steps) {
      if (operands.length !== kernel.operands.length)
        throw new Error(`${kernel.key}: ${operands.length} operands for ${kernel.operands.join(', ')}`);
      const addresses = operands.map((name) => this.address(name));
      const call = compileKernel(kernel, this.memory);
      for (const [from, to] of this.#pieces(kernel.units)) {
        const before = this.#top;
        call(...addresses, from, to, this.#alloc(kernel.scratchBytes));
        this.#top = before;
      }
    }
  }

  /** One call per step with all units: for timing. Compiled once. */
  prepare(steps: readonly Step<O>[]): () => void {
    const calls = steps.map(({ kernel, operands }) => {
      const args = [...operands.map((name) => this.address(name)), 0, kernel.units];
      const call = compileKernel(kernel, this.memory);
      const scratch = this.#alloc(kernel.scratchBytes);
      return () => call(...args, scratch);
    });
    return () => {
      for (const call of calls) call();
    };
  }

  #alloc(bytes: number): number {
    const address = this.#top;
    this.#top += Math.ceil((bytes + slackBytes) / 64) * 64;
    const missing = Math.ceil((this.#top - this.memory.buffer.byteLength) / 65536);
    if (missing > 0) this.memory.grow(missing);
    this.floats(address, (this.#top - address) / 4).fill(Number.NaN);
    return address;
  }

  #pieces(units: number): [number, number][] {
    const pieces: [number, number][] = [];
    for (let from = 0; from < units; ) {
      const to = Math.min(units, from + 1 + this.#random.integer(Math.max(1, Math.ceil(units / 3))));
      pieces.push([from, to]);
      from = to;
    }
    for (let i = pieces.length - 1; i > 0; i--) {
      const j = this.#random.integer(i + 1);
      [pieces[i], pieces[j]] = [pieces[j], pieces[i]] as [[number, number], [number, number]];
    }
    return pieces;
  }
}

/** Row-major `[n][c][…space]` to pixels `[n][…space][pitch]`, NaN in the lanes beyond the channels. */
export function toPixels(
  values: ArrayLike<number>,
  channels: number,
  plane: number,
  pitch: number,
): Float32Array {
  const images = values.length / (channels * plane);
  const pixels = new Float32Array(images * plane * pitch).fill(Number.NaN);
  for (let n = 0; n < images; n++)
    for (let c = 0; c < channels; c++)
      for (let s = 0; s < plane; s++)
        pixels[(n * plane + s) * pitch + c] = values[(n * channels + c) * plane + s] as number;
  return pixels;
}

/** The reverse of toPixels. */
export function fromPixels(
  pixels: ArrayLike<number>,
  channels: number,
  plane: number,
  pitch: number,
): Float32Array {
  const images = pixels.length / (pitch * plane);
  const values = new Float32Array(images * plane * channels);
  for (let n = 0; n < images; n++)
    for (let c = 0; c < channels; c++)
      for (let s = 0; s < plane; s++)
        values[(n * channels + c) * plane + s] = pixels[(n * plane + s) * pitch + c] as number;
  return values;
}
