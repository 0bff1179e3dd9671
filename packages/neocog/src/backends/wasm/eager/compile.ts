// From a kernel to a function on the memory of eager operations, at once. A kernel is a module of its own, so that all
// operations that need it run the same code: what the engine has optimised stays.

import { Module, Scope } from '../assembler/index.ts';
import type { Kernel } from '../kernels/kernel.ts';
import { Cache } from './cache.ts';
import { maximumPages, memory } from './memory.ts';

/** A kernel's function: addresses of its operands, first and last unit, address of its scratch. */
export type Call = (...args: number[]) => void;

/** A few kilobytes each. A network has some hundreds. */
const calls = new Cache<Call>(2048);

export const compiled = (kernel: Kernel): Call => calls.get(kernel.key, () => compile(kernel));

function compile(kernel: Kernel): Call {
  const module = new WebAssembly.Module(moduleOf([kernel]).encode());
  return new WebAssembly.Instance(module, { env: { memory: memory() } }).exports.kernel1 as Call;
}

/** Kernels as exported functions `kernel1`, `kernel2`, …. */
export function moduleOf(kernels: readonly Kernel[]): Module {
  const m = new Module();
  m.memory('env', 'memory', { initial: 1, maximum: maximumPages });
  kernels.forEach((kernel, i) => {
    const inner = kernel.emit(new Scope(m, `kernel${i + 1}.units`));
    m.func(`kernel${i + 1}`, inner.params, (f, p) => f.run(f.call(inner, p)), { export: true });
  });
  return m;
}
