// A WebAssembly module: one imported memory and functions, to bytes and to text.
// Each function may call those that were said before it. There are no tables, globals or data segments.

import { type Code, isLocal, type Local, noImmediate, type ResultType, type ValueType } from './code.ts';
import type { Definition, MemoryImport, MemoryLimits } from './definition.ts';
import { ByteRow, bytesOf, name, section, unsigned, vector } from './encode.ts';
import { Func, type FuncRef, type Params, type Statement } from './func.ts';
import { listing } from './text.ts';

const typeBytes: Record<ValueType, number> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };

export type ResultOf<B> = B extends Code<infer R> ? R : 'void';

/** Bytes on memory that is not shared; before TypeScript 5.7 `Uint8Array<ArrayBuffer>` cannot be written. */
export type Bytes = Uint8Array & { readonly buffer: ArrayBuffer };

/** A finished function, and where its body is. */
interface Encoded extends FuncRef {
  readonly exported: boolean;
  readonly from: number;
  readonly to: number;
}

export class Module {
  readonly #names = new Set<string>();
  readonly #functions: Encoded[] = [];
  /** Code is written as soon as a function is finished: trees are large, and soon forgotten. */
  readonly #row = new ByteRow();
  /** Null unless there is to be a listing. */
  readonly #definitions: Definition[] | null;
  #memory: MemoryImport | undefined;

  /** @param listed whether `text` will be called */
  constructor({ listed = true } = {}) {
    this.#definitions = listed ? [] : null;
  }

  /** Imports the memory that loads and stores refer to. */
  memory(module: string, name: string, limits: MemoryLimits): void {
    this.#memory = { module, name, limits };
  }

  /** Adds a function; what `body` returns, the function returns. */
  // biome-ignore lint/suspicious/noConfusingVoidType: B is what a function returns, which may be nothing.
  func<const P extends Params, B extends Code<ValueType> | void>(
    name: string,
    params: P,
    body: (f: Func, p: { readonly [K in keyof P]: Local<P[K]> }) => B,
    options: { export?: boolean; result?: ResultOf<B> } = {},
  ): FuncRef<P, ResultOf<B>> {
    if (this.#names.has(name)) throw new Error(`function ${name} is there already`);
    this.#names.add(name);
    const f = new Func(name);
    const locals = Object.entries(params).map(([key, type]) => [key, f.parameter(type, key)]);
    const value = (body(f, Object.fromEntries(locals)) ?? undefined) as Code<ValueType> | undefined;
    const result = (value?.type ?? 'void') as ResultOf<B>;
    if (options.result && options.result !== result)
      throw new Error(`${name}: returns ${result}, needs ${options.result}`);
    const ref = { name, index: this.#functions.length, params, result };
    const statements = [...f.prologue, ...f.statements];
    const exported = options.export ?? false;
    const definition = { ...ref, exported, locals: f.locals, statements, value };
    const from = this.#row.length;
    writeBody(this.#row, definition);
    this.#functions.push({ ...ref, exported, from, to: this.#row.length });
    this.#definitions?.push(definition);
    return ref;
  }

  /** @param names with the functions' names, which debuggers show */
  encode({ names = true } = {}): Bytes {
    const functions = this.#functions;
    const exported = functions.filter((f) => f.exported);
    const exports = exported.map((f) => [...name(f.name), 0x00, ...unsigned(f.index)]);
    const row = new ByteRow();
    row.append([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
    row.append(section(1, functions.map(signature)));
    row.append(section(2, this.#memory ? [importBytes(this.#memory)] : []));
    // One type per function, so a function's number is its type's.
    row.append(
      section(
        3,
        functions.map((f) => unsigned(f.index)),
      ),
    );
    row.append(section(7, exports));
    appendBodies(row, functions, this.#row.bytes);
    if (names) row.append(nameSection(functions));
    return row.bytes.slice();
  }

  /** The module in WebAssembly's text format. */
  text(): string {
    if (!this.#definitions) throw new Error('the module was made without a listing');
    return listing(this.#memory, this.#definitions);
  }
}

/** A module seen from one purpose: the names of the functions added here begin alike. */
export class Scope {
  readonly #module: Module;
  readonly #name: string;

  constructor(module: Module, name: string) {
    this.#module = module;
    this.#name = name;
  }

  /** For functions that serve those of this scope. */
  within(suffix: string): Scope {
    return new Scope(this.#module, this.#name + suffix);
  }

  /** Adds the function that has the scope's own name. */
  // biome-ignore lint/suspicious/noConfusingVoidType: as in `Module.func`.
  func<const P extends Params, B extends Code<ValueType> | void>(
    params: P,
    body: (f: Func, p: { readonly [K in keyof P]: Local<P[K]> }) => B,
  ): FuncRef<P, ResultOf<B>> {
    return this.#module.func(this.#name, params, body);
  }
}

const resultTypes = (type: ResultType): number[] => (type === 'void' ? [0] : [1, typeBytes[type]]);

const signature = ({ params, result }: FuncRef): number[] => [
  0x60,
  ...vector(Object.values(params).map((type) => [typeBytes[type]])),
  ...resultTypes(result),
];

function importBytes({ module, name: field, limits }: MemoryImport): number[] {
  const { initial, maximum, shared } = limits;
  const flags = (maximum === undefined ? 0 : 1) | (shared ? 2 : 0);
  const sizes = [initial, ...(maximum === undefined ? [] : [maximum])].flatMap(unsigned);
  return [...name(module), ...name(field), 0x02, flags, ...sizes];
}

function nameSection(functions: readonly FuncRef[]): number[] {
  const names = vector(functions.map((f) => [...unsigned(f.index), ...name(f.name)]));
  return [0x00, ...bytesOf([...name('name'), 0x01, ...bytesOf(names)])];
}

/** The code section: each function's body after its length. */
function appendBodies(row: ByteRow, functions: readonly Encoded[], bodies: Uint8Array): void {
  if (functions.length === 0) return;
  const lengths = functions.map(({ from, to }) => unsigned(to - from));
  const count = unsigned(functions.length);
  row.push(10);
  row.append(unsigned(lengths.reduce((sum, length) => sum + length.length, count.length + bodies.length)));
  row.append(count);
  functions.forEach(({ from, to }, i) => {
    row.append(lengths[i]);
    row.append(bodies.subarray(from, to));
  });
}

/** Locals grouped by type, then the instructions. */
function writeBody(row: ByteRow, f: Definition): void {
  const count = Object.keys(f.params).length;
  const groups: Record<ValueType, Local[]> = { i32: [], i64: [], f32: [], f64: [], v128: [] };
  for (let i = count; i < f.locals.length; i++) groups[f.locals[i].type].push(f.locals[i]);
  const declared = Object.entries(groups).filter(([, locals]) => locals.length > 0);
  const order = [...f.locals.slice(0, count), ...declared.flatMap(([, locals]) => locals)];
  const indices = new Map(order.map((local, index) => [local, indexBytes(index)]));
  const writer = new Writer(f.name, row, indices);
  row.append(
    vector(declared.map(([type, { length }]) => [...unsigned(length), typeBytes[type as ValueType]])),
  );
  for (const statement of f.statements) writer.statement(statement);
  if (f.value) writer.code(f.value);
  row.push(0x0b);
}

/** Most functions have few locals. */
const fewIndices = Array.from({ length: 512 }, (_, index) => unsigned(index));

const indexBytes = (index: number): readonly number[] => fewIndices[index] ?? unsigned(index);

/** Writes the instructions of one function. */
class Writer {
  readonly row: ByteRow;
  readonly #name: string;
  readonly #indices: ReadonlyMap<Local, readonly number[]>;

  constructor(name: string, row: ByteRow, indices: ReadonlyMap<Local, readonly number[]>) {
    this.#name = name;
    this.row = row;
    this.#indices = indices;
  }

  code(code: Code): void {
    const { operands, opcode, immediate } = code;
    for (let i = 0; i < operands.length; i++) this.code(operands[i]);
    this.row.append(opcode);
    if (isLocal(code)) this.row.append(this.#index(code));
    else if (immediate !== noImmediate) this.row.append(immediate.bytes);
  }

  statement(s: Statement): void {
    if (s.kind === 'run') this.code(s.code);
    else if (s.kind === 'set') this.#set(s.local, s.code);
    else if (s.kind === 'loop') this.#loop(s.body, s.again);
    else if (s.kind === 'if') this.#if(s.condition, s.body, s.otherwise);
    else s.kind satisfies 'note';
  }

  #set(local: Local, code: Code): void {
    this.code(code);
    this.row.push(0x21);
    this.row.append(this.#index(local));
  }

  /** loop … br_if 0 end */
  #loop(body: readonly Statement[], again: Code<'i32'>): void {
    this.row.append([0x03, 0x40]);
    this.#all(body);
    this.code(again);
    this.row.append([0x0d, 0x00, 0x0b]);
  }

  /** if … else … end */
  #if(condition: Code<'i32'>, body: readonly Statement[], otherwise: readonly Statement[]): void {
    this.code(condition);
    this.row.append([0x04, 0x40]);
    this.#all(body);
    if (otherwise.length > 0) this.row.push(0x05);
    this.#all(otherwise);
    this.row.push(0x0b);
  }

  #all(statements: readonly Statement[]): void {
    for (const statement of statements) this.statement(statement);
  }

  #index(local: Local): readonly number[] {
    const index = this.#indices.get(local);
    if (!index) throw new Error(`${this.#name}: $${local.local} is a local of another function`);
    return index;
  }
}
