// Runs the steps of a plan on arrays in a memory of their own, each kernel's units in pieces of random size and order; in the
// checked mode, if that is switched on, with every load and store checked against the arrays of the step.

import { Module, Scope } from '../packages/neocog/src/backends/wasm/assembler/index.ts';
import { type Kernel, type Step, slackBytes } from '../packages/neocog/src/backends/wasm/kernels/kernel.ts';
import { Generator } from '../packages/neocog/src/tensor/random.ts';
import { checkedKernel } from './checked/kernel.ts';
import { writtenOperands } from './checked/operands.ts';
import { type Arrangement, arrangements, tableBytes } from './checked/table.ts';
import { pieces } from './pieces.ts';

const exportName = 'kernel';

/** Compiles one kernel. */
export function compileKernel(kernel: Kernel, memory: WebAssembly.Memory): (...args: number[]) => void {
  const m = new Module();
  m.memory('env', 'memory', { initial: 1, maximum: 65536 });
  const inner = kernel.emit(new Scope(m, 'inner'));
  m.func(exportName, inner.params, (f, p) => f.run(f.call(inner, p)), { export: true });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(m.encode()), { env: { memory } });
  return instance.exports[exportName] as (...args: number[]) => void;
}

let checked = false;

/** Whether runners use the checked mode from now on. */
export function runChecked(on: boolean): void {
  checked = on;
}

interface Place {
  readonly address: number;
  readonly bytes: number;
}

/** Units `from` … `to` − 1, with scratch memory at an address. */
type CallPiece = (from: number, to: number, scratch: number) => void;

/** Arrays by name in one memory. Fresh arrays, slack and scratch hold NaN, so that nothing relies on zeros. */
export class KernelRunner<O extends string> {
  readonly memory = new WebAssembly.Memory({ initial: 16, maximum: 65536 });
  readonly #places = new Map<O, Place>();
  readonly #random: Generator;
  #top = tableBytes + slackBytes;

  constructor(seed = 1) {
    this.#random = new Generator(seed);
    this.floats(tableBytes, slackBytes / 4).fill(Number.NaN);
  }

  /** Room for `length` floats, with `values` at its beginning. */
  place(name: O, length: number, values: ArrayLike<number> = []): this {
    const address = this.#alloc(length * 4);
    this.floats(address, length).set(values);
    this.#places.set(name, { address, bytes: length * 4 });
    return this;
  }

  read(name: O, length: number): Float32Array {
    return this.floats(this.address(name), length).slice();
  }

  address(name: O): number {
    return this.#place(name).address;
  }

  #place(name: O): Place {
    const place = this.#places.get(name);
    if (!place) throw new Error(`no array ${name} was placed`);
    return place;
  }

  floats(address: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, length);
  }

  /** All units of every step, in pieces of random size and order. */
  run(steps: readonly Step<O>[]): void {
    for (const { kernel, operands } of steps) {
      if (operands.length !== kernel.operands.length)
        throw new Error(`${kernel.key}: ${operands.length} operands for ${kernel.operands.join(', ')}`);
      const call = checked ? this.#checkedCall(kernel, operands) : this.#plainCall(kernel, operands);
      for (const { from, to } of pieces(kernel.units, this.#random)) {
        const before = this.#top;
        call(from, to, this.#alloc(kernel.scratchBytes));
        this.#top = before;
      }
    }
  }

  #plainCall(kernel: Kernel, operands: readonly O[]): CallPiece {
    const addresses = operands.map((name) => this.address(name));
    const call = compileKernel(kernel, this.memory);
    return (from, to, scratch) => call(...addresses, from, to, scratch);
  }

  #checkedCall(kernel: Kernel, operands: readonly O[]): CallPiece {
    const call = checkedKernel(kernel).on(this.memory);
    const written = writtenOperands(kernel);
    const spans = kernel.operands.map((name, i) => ({
      ...{ name, ...this.#place(operands[i] as O), writable: written.includes(name) },
    }));
    return (from, to, address) => {
      const scratch = { name: 'scratch', address, bytes: kernel.scratchBytes, writable: true };
      const arrangement = arrangements[this.#random.integer(arrangements.length)] as Arrangement;
      call.call([...spans, scratch], { from, to }, { arrangement, random: this.#random });
    };
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
