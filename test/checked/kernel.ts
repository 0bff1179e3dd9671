// One kernel in the checked mode: compiled with checks, called on arrays of a memory, with a violation as an error that names
// kernel, instruction and array.
//
//   const checked = checkedKernel(kernel);
//   checked.on(memory).call(spans, { from: 0, to: kernel.units }, { arrangement: 'low', random });
//
// `spans` are the kernel's arrays in the order of its operands, then its scratch; `operands.ts` says which it may write.

import { type Module, Scope } from '../../packages/neocog/src/backends/wasm/assembler/index.ts';
import { type Kernel, slackBytes } from '../../packages/neocog/src/backends/wasm/kernels/kernel.ts';
import type { Generator } from '../../packages/neocog/src/tensor/random.ts';
import { CheckedModule, type Site } from './module.ts';
import { type Arrangement, arrange, fault, type Span, writeTable } from './table.ts';

/** A load or store outside of what a kernel was given. */
export class KernelViolation extends Error {
  override readonly name = 'KernelViolation';
  readonly kernel: string;
  readonly site: Site;
  /** The array that it was to reach, or the one that lies nearest. */
  readonly operand: string;

  constructor(kernel: string, site: Site, { operand, text }: { operand: string; text: string }) {
    super(`${text}, by ${site.instruction} in ${site.functionName} of ${kernel}`);
    this.kernel = kernel;
    this.site = site;
    this.operand = operand;
  }
}

export interface Units {
  readonly from: number;
  readonly to: number;
}

export interface Placing {
  readonly arrangement: Arrangement;
  readonly random: Generator;
}

interface Compiled {
  readonly kernel: Kernel;
  readonly module: WebAssembly.Module;
  readonly sites: readonly Site[];
}

/** Kernels that come again, as in the steps of a training run, are compiled once. */
const compiled = new Map<string, Compiled>();
const mostCompiled = 512;

export function checkedKernel(kernel: Kernel): { on: (memory: WebAssembly.Memory) => CheckedCall } {
  const known = compiled.get(kernel.key) ?? compile(kernel);
  compiled.delete(kernel.key);
  compiled.set(kernel.key, known);
  if (compiled.size > mostCompiled) compiled.delete([...compiled.keys()][0] as string);
  return { on: (memory) => new CheckedCall(known, memory) };
}

const exportName = 'kernel';

function emitInto<M extends Module>(m: M, kernel: Kernel): M {
  m.memory('env', 'memory', { initial: 1, maximum: 65536 });
  const inner = kernel.emit(new Scope(m, 'kernel'));
  m.func(`${exportName} of all`, inner.params, (f, p) => f.run(f.call(inner, p)), { export: true });
  return m;
}

function compile(kernel: Kernel): Compiled {
  const m = emitInto(new CheckedModule([...kernel.operands, 'scratch']), kernel);
  return { kernel, module: new WebAssembly.Module(m.encode({ names: false })), sites: m.sites };
}

export class CheckedCall {
  readonly #compiled: Compiled;
  readonly #memory: WebAssembly.Memory;
  readonly #run: (...args: number[]) => void;

  constructor(made: Compiled, memory: WebAssembly.Memory) {
    this.#compiled = made;
    this.#memory = memory;
    const instance = new WebAssembly.Instance(made.module, { env: { memory } });
    this.#run = instance.exports[`${exportName} of all`] as (...args: number[]) => void;
  }

  /** @throws KernelViolation */
  call(spans: readonly Span[], { from, to }: Units, { arrangement, random }: Placing): void {
    const addresses = arrange(spans, arrangement, random);
    writeTable(this.#memory.buffer, spans, addresses);
    const told = addresses.map((address, i) => address - (spans[i]?.before ?? 0));
    try {
      this.#run(...told.slice(0, -1), from, to, told.at(-1) as number);
    } catch (error) {
      throw this.#violation(spans, addresses) ?? error;
    }
  }

  #violation(spans: readonly Span[], addresses: readonly number[]): KernelViolation | null {
    const view = new DataView(this.#memory.buffer);
    const site = this.#compiled.sites[view.getUint32(fault.site, true) - 1];
    if (!site) return null;
    const told = describe(site, view.getUint32(fault.address, true), spans, addresses);
    return new KernelViolation(this.#compiled.kernel.key, site, told);
  }
}

const addressSpace = 2 ** 32;

/** Bytes from an array's start to an address; addresses that wrapped around are below. */
function distance(address: number, start: number): number {
  const up = (address - start + addressSpace) % addressSpace;
  return up < addressSpace / 2 ? up : up - addressSpace;
}

/** What is wrong with an access, told from the array that it was to reach, or from the one that lies nearest. */
function describe(site: Site, address: number, spans: readonly Span[], addresses: readonly number[]) {
  const reach = site.offset + site.bytes;
  const places = spans.map((span, i) => {
    const base = distance(address, addresses[i] as number);
    const first = base + site.offset;
    const slack = site.stores ? 0 : slackBytes;
    const beyond = Math.max(0, base + reach - span.bytes - slack, -first - slack);
    return { span, base, first, beyond };
  });
  const nearest = places.reduce((a, b) => (b.beyond < a.beyond ? b : a));
  const told = places.find(({ span }) => span.name === site.array) ?? nearest;
  const { span, base, first } = told;
  const verb = site.stores ? 'store' : 'load';
  const what = `${verb} of ${site.bytes} bytes at ${span.name} ${signed(first)}, which has ${span.bytes} bytes`;
  const why =
    told.beyond > 0
      ? ''
      : base < -slackBytes
        ? `: its address lies at ${span.name} ${signed(base)}, and offsets bring none back from below memory`
        : ' and is only to be read';
  return { operand: span.name, text: `${what}${why}` };
}

const signed = (n: number): string => (n < 0 ? `− ${-n}` : `+ ${n}`);
