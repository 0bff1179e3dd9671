// An assembler whose functions check themselves: before every load and store the address is looked up in the array that it is to
// lie in, and one that lies elsewhere ends the run. (Functions inside of a kernel may name their parameters as they like: an address
// whose array is none of the kernel's is looked up in all of them.) For tests and fuzzing; nothing of the library
// imports it, and the code that the library makes is the same whether this file exists or not.
//
// Addresses that checked code computes with are not those of memory. Each array has a place of its own in the 4 GiB that 32
// bits can name, as far from the others as the caller likes, and the look-up translates: see `table.ts`. So a stray address
// finds nothing instead of a neighbour, arrays above 2 GiB cost no memory, and an address that an instruction's offset brings back
// into its array is told from one that lies there by itself. Offsets are unsigned and their sum does not wrap around
// (specification of WebAssembly, 4.4.7), so an address below its array is a fault waiting for a lower array.

import {
  type Access,
  type Code,
  type Local,
  noImmediate,
  type Operand,
  type ValueType,
} from '../../packages/neocog/src/backends/wasm/assembler/code.ts';
import type {
  Func,
  FuncRef,
  Params,
  Statement,
} from '../../packages/neocog/src/backends/wasm/assembler/func.ts';
import { address, affine, i32, Module } from '../../packages/neocog/src/backends/wasm/assembler/index.ts';
import type { ResultOf } from '../../packages/neocog/src/backends/wasm/assembler/module.ts';
import { codeText } from '../../packages/neocog/src/backends/wasm/assembler/text.ts';
import { slackBytes } from '../../packages/neocog/src/backends/wasm/kernels/kernel.ts';
import { entryBytes, fault, entry as field, firstEntry } from './table.ts';

/** A load or store of a module. */
export interface Site {
  readonly functionName: string;
  readonly instruction: string;
  readonly stores: boolean;
  /** Bytes that it reads or writes. */
  readonly bytes: number;
  /** What its immediate adds to the address. */
  readonly offset: number;
  /** The array that it is to reach, or null: any of the kernel's. */
  readonly array: string | null;
}

/**
 * `least`: bytes from where the array's slack begins to the lowest address that may be. `span`: which word of the table.
 * `first`, `end`: the arrays to look in, as addresses of entries.
 */
const accessOf = {
  address: 'i32',
  reach: 'i32',
  least: 'i32',
  site: 'i32',
  span: 'i32',
  first: 'i32',
  end: 'i32',
} as const;
type Check = FuncRef<typeof accessOf, 'i32'>;

export class CheckedModule extends Module {
  /** By the number that a fault leaves. */
  readonly sites: Site[] = [];
  readonly #arrays: readonly string[];
  readonly #check: Check;

  /** @param arrays the kernel's, in the order of the table */
  constructor(arrays: readonly string[]) {
    super();
    this.#arrays = arrays;
    this.#check = super.func('checked', accessOf, emitCheck);
  }

  // biome-ignore lint/suspicious/noConfusingVoidType: B is what a function returns, which may be nothing.
  override func<const P extends Params, B extends Code<ValueType> | void>(
    name: string,
    params: P,
    body: (f: Func, p: { readonly [K in keyof P]: Local<P[K]> }) => B,
    options: { export?: boolean; result?: ResultOf<B> } = {},
  ): FuncRef<P, ResultOf<B>> {
    const checkedBody = (f: Func, p: { readonly [K in keyof P]: Local<P[K]> }): B => {
      const value = body(f, p);
      f.statements = f.statements.map((statement) => this.#statement(f, statement));
      // What a body returns keeps its type.
      return (value ? this.#code(f, value) : value) as B;
    };
    return super.func(name, params, checkedBody, options);
  }

  #statement(f: Func, s: Statement): Statement {
    const all = (body: readonly Statement[]): Statement[] => body.map((inner) => this.#statement(f, inner));
    if (s.kind === 'note') return s;
    if (s.kind === 'run' || s.kind === 'set') return { ...s, code: this.#code(f, s.code) } as Statement;
    if (s.kind === 'loop') return { ...s, body: all(s.body), again: this.#code(f, s.again) };
    return { ...s, condition: this.#code(f, s.condition), body: all(s.body), otherwise: all(s.otherwise) };
  }

  /** The same code, with what the check gives for the address of each load and store. */
  #code<T extends Code>(f: Func, code: T): T {
    if (code.operands.length === 0) return code;
    const operands = code.operands.map((operand) => this.#code(f, operand));
    const bytes = bytesOf(code.name);
    if (bytes === null) return { ...code, operands };
    const site = this.#siteOf(f, code, bytes);
    const check = f.call(this.#check, {
      address: operands[0] as Code<'i32'>,
      reach: site.offset + bytes,
      least: site.stores ? Math.max(0, slackBytes - site.offset) : 0,
      site: this.sites.push(site) - 1,
      span: site.stores ? field.written : field.read,
      ...this.#placesOf(site.array),
    });
    return { ...code, operands: [check, ...operands.slice(1)] };
  }

  /** Where the table has an array, or all of them. */
  #placesOf(array: string | null): { first: number; end: Operand<'i32'> } {
    if (array === null) return { first: firstEntry, end: i32.load(fault.tableEnd) };
    const first = firstEntry + this.#arrays.indexOf(array) * entryBytes;
    return { first, end: first + entryBytes };
  }

  #siteOf(f: Func, code: Code, bytes: number): Site {
    const [at, ...others] = code.operands;
    const { array = null, offset } = code.access as Access;
    // Values that are stored may be long formulas; the address is what matters.
    const short = { ...code, operands: [at, ...others.slice(1)] } as Code;
    return {
      functionName: f.name,
      instruction: codeText(short).replace(/\s+/g, ' '),
      stores: code.name.includes('store'),
      bytes,
      offset,
      array: array !== null && this.#arrays.includes(array) ? array : null,
    };
  }
}

/** Bytes that an instruction reads or writes, or null for those that do not touch memory. */
function bytesOf(name: string): number | null {
  const [, type, bits] = /^(i32|f32|v128)\.(?:load|store)(\d*)/.exec(name) ?? [];
  if (type) return bits ? Number(bits) / 8 : type === 'v128' ? 16 : 4;
  if (/load|store|atomic/.test(name)) throw new Error(`${name}: nobody knows how to check it`);
  return null;
}

/**
 * The address in memory for one of checked code, if `address` lies in an array and so do all bytes before `address + reach`.
 * Otherwise it leaves word of the fault, and traps.
 */
function emitCheck(f: Func, p: { readonly [K in keyof typeof accessOf]: Local<'i32'> }): Code<'i32'> {
  const entry = f.keep(p.first, 'entry');
  const word = (at: Operand<'i32'>): Code<'i32'> => i32.load(address(entry, at));
  const [found, missing] = [f.local('i32', 'found'), f.local('i32', 'missing')];
  f.loop(() => {
    const start = f.keep(word(field.start), 'start');
    const span = f.keep(word(p.span), 'length');
    const from = f.keep(affine(p.address, [start, -1]), 'from');
    const isBehind = i32.and(i32.geU(p.address, start), i32.geU(from, p.least));
    const isBefore = i32.and(i32.geU(span, p.reach), i32.leU(from, affine(span, [p.reach, -1])));
    const inside = i32.and(isBehind, isBefore);
    f.if(inside, () => f.set(found, affine(p.address, word(field.toMemory))));
    f.increase(entry, entryBytes);
    f.set(missing, i32.eqz(found));
    return i32.and(missing, i32.ltU(entry, p.end));
  });
  f.if(missing, () => {
    f.run(i32.store(fault.site, affine(p.site, 1)));
    f.run(i32.store(fault.address, p.address));
    f.run({ type: 'void', name: 'unreachable', operands: [], opcode: [0x00], immediate: noImmediate });
  });
  return found;
}
