// Building one function: locals, and statements in the order in which they are said.
// Loops and ifs take JavaScript functions; what those say goes inside.

import { affine, named, type Term } from './address.ts';
import type { ResultType, Settled, ValueType } from './code.ts';
import { type Code, isLocal, type Local, makeCode, makeLocal, type Operand, operand } from './code.ts';
import { unsigned } from './encode.ts';
import { i32 } from './instructions.ts';

export type Statement =
  | { readonly kind: 'run'; readonly code: Code<'void'> }
  | { readonly kind: 'set'; readonly local: Local; readonly code: Code }
  /** Runs the body, then again while the condition holds. */
  | { readonly kind: 'loop'; readonly body: readonly Statement[]; readonly again: Code<'i32'> }
  | {
      readonly kind: 'if';
      readonly condition: Code<'i32'>;
      readonly body: readonly Statement[];
      readonly otherwise: readonly Statement[];
    }
  /** Words for readers of the listing; no code. */
  | { readonly kind: 'note'; readonly text: string };

export type Params = Record<string, ValueType>;

/** A function of a module that later functions can call. */
export interface FuncRef<P extends Params = Params, R extends ResultType = ResultType> {
  readonly name: string;
  readonly index: number;
  readonly params: P;
  readonly result: R;
}

export class Func {
  readonly name: string;
  /** Parameters first, then locals in the order of their making. */
  readonly locals: Local[] = [];
  /** What runs before everything else: constants on their way into locals. */
  readonly prologue: Statement[] = [];
  statements: Statement[] = [];
  readonly #names = new Map<string, number>();
  readonly #constants = new Map<string, Local>();

  constructor(name: string) {
    this.name = name;
  }

  /** A parameter, which may be an address in an array of its name. Parameters come before all variables. */
  parameter<T extends ValueType>(type: T, name: string): Local<T> {
    return this.#variable(type, name, name);
  }

  /** A new variable, zero at first; a name that is taken gets a number. */
  local<T extends ValueType>(type: T, name: string): Local<T> {
    return this.#variable(type, name);
  }

  /** A new variable for addresses in an array: that of `of`, where `of` is an address itself. */
  pointer(name: string, of: string | Code<'i32'>, value?: Code<'i32'>): Local<'i32'> {
    const array = typeof of === 'string' ? of : of.array;
    if (array === undefined)
      throw new Error(
        `${this.name}: $${name} is to point to where ${named(of as Code)} does, which is in no array`,
      );
    const local = this.#variable('i32', name, array);
    if (value) this.set(local, value);
    return local;
  }

  #variable<T extends ValueType>(type: T, name: string, array?: string): Local<T> {
    const local = makeLocal(type, this.#uniqueName(name), array);
    this.locals.push(local);
    return local;
  }

  #uniqueName(name: string): string {
    let count = this.#names.get(name) ?? 0;
    let unique = name;
    while (this.#names.has(unique)) unique = `${name}_${++count + 1}`;
    this.#names.set(name, count).set(unique, 0);
    return unique;
  }

  /** A constant in a local of its own, set once at the function's start: loops find it in a register. */
  constant<T extends ValueType>(code: Code<T>, name = 'c'): Local<T> {
    const key = `${code.name} ${code.immediate.text}`;
    const known = this.#constants.get(key) ?? this.local(code.type, name);
    if (!this.#constants.has(key)) this.prologue.push({ kind: 'set', local: known, code });
    this.#constants.set(key, known);
    return known as Local<T>;
  }

  /** Evaluates code into a new local, so that it can be used more than once. */
  keep<T extends ValueType>(code: Code<T>, name: string): Local<T> {
    const local = this.#variable(code.type, name, code.array);
    this.statements.push({ kind: 'set', local, code });
    return local;
  }

  /** @throws Error if an address in one array is put where those in another are */
  set<T extends ValueType>(local: Local<T>, value: Operand<Settled<T>>): void {
    const code = operand(value, local.type, () => `${this.name}: value of $${local.local}`);
    const { array: to } = local;
    const { array: from } = code;
    if (to !== undefined && from !== undefined && to !== from)
      throw new Error(`${this.name}: $${local.local} points into ${to}, ${named(code)} into ${from}`);
    this.statements.push({ kind: 'set', local, code });
  }

  increase(local: Local<'i32'>, ...by: readonly Term[]): void {
    this.set(local, affine(local, ...by));
  }

  /** A comment in the listing, before what follows; it changes no byte. */
  note(text: string): void {
    this.statements.push({ kind: 'note', text });
  }

  /** Code without a result: a store, or a call. */
  run(code: Code<'void'>): void {
    this.statements.push({ kind: 'run', code: operand(code, 'void', () => `${this.name}: statement`) });
  }

  call<P extends Params, R extends ResultType>(
    ref: FuncRef<P, R>,
    args: { readonly [K in keyof P]: Operand<P[K]> },
  ): Code<R> {
    const operands = Object.entries(ref.params).map(([name, type]) =>
      operand(args[name], type, () => `call ${ref.name}: ${name}`),
    );
    const immediate = { bytes: unsigned(ref.index), text: `$${ref.name}` };
    return makeCode({ type: ref.result, name: 'call', opcode: [0x10], immediate }, operands);
  }

  /** do { body } while (what body returns ≠ 0). */
  loop(body: () => Operand<'i32'>): void {
    let again: Operand<'i32'> = 0;
    const statements = this.#inside(() => {
      again = body();
    });
    const condition = operand(again, 'i32', () => `${this.name}: condition of a loop`);
    this.statements.push({ kind: 'loop', body: statements, again: condition });
  }

  /** Body as long as a condition holds, which is evaluated before each turn. */
  while(condition: Code<'i32'>, body: () => void): void {
    this.if(condition, () =>
      this.loop(() => {
        body();
        return condition;
      }),
    );
  }

  /** Body `count` times, `count` ≥ 1. A literal 1 is inlined. */
  repeat(count: Operand<'i32'>, body: () => void): void {
    if (typeof count === 'number' && count < 1)
      throw new Error(`${this.name}: repeat ${count} times, needs 1 or more`);
    if (count === 1) body();
    else this.#countDown(count, body);
  }

  #countDown(count: Operand<'i32'>, body: () => void): void {
    const left = this.keep(
      operand(count, 'i32', () => `${this.name}: count of a repeat`),
      'left',
    );
    this.loop(() => {
      body();
      this.increase(left, -1);
      return left;
    });
  }

  /** for (i = from; i < to; i += step) body(i). `to` is read once, unless it is a local. */
  range(
    name: string,
    from: Operand<'i32'>,
    to: Operand<'i32'>,
    step: number,
    body: (i: Local<'i32'>) => void,
  ): void {
    const where = () => `${this.name}: bounds of $${name}`;
    const i = this.keep(operand(from, 'i32', where), name);
    const end =
      typeof to === 'number' || isLocal(to) ? to : this.keep(operand(to, 'i32', where), `${name}End`);
    const inside = i32.ltS(i, end);
    const turn = (): void => {
      body(i);
      this.increase(i, step);
    };
    const known = typeof from === 'number' && typeof to === 'number';
    if (!known) this.while(inside, turn);
    else if (from < to)
      this.loop(() => {
        turn();
        return inside;
      });
  }

  if(condition: Operand<'i32'>, then: () => void, otherwise: () => void = () => {}): void {
    this.statements.push({
      kind: 'if',
      condition: operand(condition, 'i32', () => `${this.name}: condition of an if`),
      body: this.#inside(then),
      otherwise: this.#inside(otherwise),
    });
  }

  #inside(body: () => void): Statement[] {
    const outside = this.statements;
    const inside: Statement[] = [];
    this.statements = inside;
    body();
    this.statements = outside;
    return inside;
  }
}
