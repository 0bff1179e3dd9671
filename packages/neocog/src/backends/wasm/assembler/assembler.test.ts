import { expect, test } from 'vitest';
import {
  address,
  atomic,
  type Code,
  Func,
  f32,
  f32x4,
  f64,
  f64x2,
  i8x16,
  i32,
  i32x4,
  i64,
  Module,
  select,
  type ValueType,
  v128,
} from './index.ts';

const memory = new WebAssembly.Memory({ initial: 1 });

function moduleOf(build: (module: Module) => void): Module {
  const module = new Module();
  module.memory('env', 'memory', { initial: 1 });
  build(module);
  return module;
}

/** Builds one function `f` of i32 parameters and gives it back ready to call. */
function compile(
  params: Record<string, ValueType>,
  body: Parameters<Module['func']>[2],
): (...args: number[]) => number {
  const bytes = moduleOf((m) => void m.func('f', params, body, { export: true })).encode();
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  return instance.exports.f as (...args: number[]) => number;
}

const validates = (module: Module): boolean => WebAssembly.validate(module.encode());

/** A sample operand of each type, for rows that take it in that order. */
const sampleVector = v128.const4F(0, 0, 0, 0);
const samples = {
  i32: i32.const(0),
  i64: i64.extendI32U(0),
  f32: f32.const(0),
  f64: f64x2.extractLane(sampleVector, 0),
  v128: sampleVector,
};
const families = { i32, i64, atomic, f32, v128, f32x4, f64, f64x2, i32x4, i8x16 };

type Loose = (...args: unknown[]) => Code;

/** Tries operand types until the instruction accepts them; the messages say what it needs. */
function sampleCall(instruction: Loose, name: string): Code {
  const lane = /Lane$/.test(name) && !/(load|store)/.test(name);
  const args: unknown[] = [];
  for (;;) {
    try {
      const all: unknown[] = lane ? [args[0], 1, ...args.slice(1)] : [...args];
      if (/(load|store)32Lane/.test(name)) all.push(3, { offset: 300 });
      if (name === 'shuffle')
        all.splice(
          2,
          0,
          Array.from({ length: 16 }, (_, i) => i),
        );
      if (name === 'load' || name === 'store') all.push({ offset: 70000 });
      return instruction(...all);
    } catch (error) {
      const needs = /operand (\d+) is .* needs (\w+)/.exec(String(error));
      if (!needs) throw error;
      args[Number(needs[1]) - 1] = samples[needs[2] as keyof typeof samples];
    }
  }
}

const returning = (code: Code): Module =>
  moduleOf((m) => {
    m.func('f', {}, (f) => {
      if (code.type !== 'void') return code as Code<ValueType>;
      f.run(code as Code<'void'>);
      return undefined;
    });
  });

const engineHasRelaxed = validates(returning(f32x4.relaxedMadd(samples.v128, samples.v128, samples.v128)));

for (const [prefix, family] of Object.entries(families)) {
  for (const [name, instruction] of Object.entries(family)) {
    if (name.startsWith('const')) continue;
    // Engines before V8 11.4 have no relaxed SIMD.
    const known = engineHasRelaxed || !name.startsWith('relaxed');
    test(`${prefix}.${name} ${known ? 'validates' : 'is refused, as all of relaxed SIMD'}`, () => {
      expect(validates(returning(sampleCall(instruction as Loose, name)))).toBe(known);
    });
  }
}

test('integers of every length', () => {
  for (const n of [0, 1, -1, 63, 64, -64, -65, 127, 128, 8191, -8192, 2 ** 31 - 1, -(2 ** 31), 123456789])
    expect(compile({}, () => i32.const(n))()).toBe(n);
  expect(compile({}, () => i32.const(0xffffffff))()).toBe(-1);
});

test('float constants keep their bits', () => {
  for (const x of [0, -0, 0.1, 1e-45, Infinity, -Infinity, Number.NaN])
    expect(compile({}, () => f32.const(x))()).toBe(Math.fround(x));
  expect(compile({}, () => f32x4.extractLane(v128.const4F(1, 2, 3, 4), 2))()).toBe(3);
  expect(compile({}, () => i32x4.extractLane(v128.const4I(1, -2, 3, 4), 1))()).toBe(-2);
});

test('a constant is set once, before the loops that use it', () => {
  const module = moduleOf((m) => {
    m.func('f', {}, (f) => {
      const x = f.local('v128', 'x');
      const two = () => f.constant(v128.const4F(2, 2, 2, 2));
      f.repeat(3, () => f.set(x, f32x4.add(x, f32x4.mul(two(), two()))));
      return x;
    });
  });
  expect(validates(module)).toBe(true);
  expect(module.text().match(/v128\.const/g)).toHaveLength(1);
});

test('operands and immediates keep their order', () => {
  expect(
    compile({ a: 'i32', b: 'i32' }, (_, p) => i32.sub(p.a as Code<'i32'>, p.b as Code<'i32'>))(7, 3),
  ).toBe(4);
  const v = f32x4.replaceLane(v128.const4F(1, 2, 3, 4), 3, 9);
  expect(compile({}, () => f32x4.extractLane(v, 3))()).toBe(9);
  expect(compile({}, () => select(f32.const(1), f32.const(2), 0))()).toBe(2);
});

test('memory and lanes', () => {
  const floats = new Float32Array(memory.buffer);
  floats.set([1, 2, 3, 4, 5], 100);
  const run = compile({}, (f) => {
    f.run(v128.store(0, v128.load(404)));
    f.run(v128.store32Lane(16, v128.const4F(6, 7, 8, 9), 1));
    return f32x4.extractLane(v128.load32Lane(400, v128.const4F(0, 0, 0, 0), 2), 2);
  });
  expect(run()).toBe(1);
  expect([...floats.subarray(0, 5)]).toEqual([2, 3, 4, 5, 7]);
});

const sumOf = (loop: (f: Func, add: (n: Code<'i32'> | number) => void) => void): number =>
  compile({}, (f) => {
    const sum = f.local('i32', 'sum');
    loop(f, (n) => f.increase(sum, n));
    return sum;
  })();

test('repeat, range and loop run as often as they say', () => {
  expect(sumOf((f, add) => f.repeat(1, () => add(5)))).toBe(5);
  expect(sumOf((f, add) => f.repeat(4, () => f.repeat(i32.const(3), () => add(5))))).toBe(60);
  expect(sumOf((f, add) => f.range('i', 2, 11, 3, add))).toBe(2 + 5 + 8);
  expect(sumOf((f, add) => f.range('i', 2, 2, 1, add))).toBe(0);
  expect(sumOf((f, add) => f.range('i', i32.const(3), i32.add(1, 1), 1, add))).toBe(0);
  expect(() => new Func('f').repeat(0, () => {})).toThrow('f: repeat 0 times, needs 1 or more');
});

test('if and else', () => {
  const sign = compile({ x: 'i32' }, (f, p) => {
    const x = p.x as Code<'i32'>;
    const result = f.local('i32', 'result');
    f.if(
      i32.ltS(x, 0),
      () => f.set(result, -1),
      () => f.if(x, () => f.set(result, 1)),
    );
    return result;
  });
  expect([sign(-5), sign(0), sign(7)]).toEqual([-1, 0, 1]);
});

test('calls, and locals of several types', () => {
  const module = moduleOf((m) => {
    const half = m.func('half', { x: 'f32', n: 'i32' }, (f, { x, n }) => {
      const [v, y, k] = [f.local('v128', 'v'), f.local('f32', 'y'), f.local('i32', 'k')];
      f.set(k, n);
      f.set(v, f32x4.splat(x));
      f.set(y, f32.mul(f32x4.extractLane(v, 0), 0.5));
      return f32.add(y, f32.convertI32S(k));
    });
    const store = m.func('store', { at: 'i32' }, (f, { at }) =>
      f.run(f32.store(at, f.call(half, { x: 3, n: 1 }))),
    );
    m.func('f', {}, (f) => f.run(f.call(store, { at: 64 })), { export: true });
  });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), { env: { memory } });
  (instance.exports.f as () => void)();
  expect(new Float32Array(memory.buffer)[16]).toBe(2.5);
});

test('a wrong operand throws where it is made', () => {
  const v = samples.v128;
  // @ts-expect-error the second operand is no vector
  expect(() => f32x4.add(v, i32.const(1))).toThrow('f32x4.add: operand 2 is i32, needs v128');
  // @ts-expect-error numbers stand for scalars only
  expect(() => f32x4.add(1, v)).toThrow('f32x4.add: operand 1 is a number, needs v128');
  const f = new Func('f');
  // @ts-expect-error an i32 variable
  expect(() => f.set(f.local('i32', 'i'), v)).toThrow('f: value of $i is v128, needs i32');
  // @ts-expect-error no argument
  expect(() => f.call({ name: 'g', index: 0, params: { a: 'i32' }, result: 'void' }, {})).toThrow(
    'call g: a is a undefined, needs i32',
  );
  const foreign = f.local('i32', 'mine');
  expect(() => moduleOf((m) => void m.func('g', {}, () => foreign)).encode()).toThrow(
    'g: $mine is a local of another function',
  );
});

test('the listing is the text format', () => {
  const module = moduleOf((m) => {
    m.func(
      'scale',
      { x: 'i32', n: 'i32' },
      (f, { x, n }) => {
        f.repeat(n, () => {
          f.run(v128.store(x, f32x4.mul(v128.load(address(x, 16)), v128.const4F(2, 2, 2, 2))));
          f.increase(x, 16);
        });
      },
      { export: true },
    );
  });
  expect(module.text()).toBe(`(module
  (import "env" "memory" (memory 1))
  (func $scale (export "scale") (param $x i32) (param $n i32)
    (local $left i32)
    (local.set $left (local.get $n))
    (loop $loop1
      (v128.store (local.get $x) (f32x4.mul (v128.load offset=16 (local.get $x)) (v128.const f32x4 2 2 2 2)))
      (local.set $x (i32.add (local.get $x) (i32.const 16)))
      (local.set $left (i32.add (local.get $left) (i32.const -1)))
      (br_if $loop1 (local.get $left)))))
`);
});

test('notes are in the listing and not in the code', () => {
  const noted = (text: string | null) =>
    moduleOf((m) => {
      m.func('add', { a: 'i32', b: 'i32' }, (f, { a, b }) => {
        if (text !== null) f.note(text);
        return i32.add(a, b);
      });
    });
  expect(noted('the sum').encode()).toEqual(noted(null).encode());
  expect(noted('the sum').text()).toContain('\n    ;; the sum\n    (i32.add (local.get $a) (local.get $b))');
});

test('a shared memory with a maximum', () => {
  const module = new Module();
  module.memory('env', 'memory', { initial: 1, maximum: 300, shared: true });
  module.func('f', {}, () => i32.load(0), { export: true });
  expect(validates(module)).toBe(true);
  expect(module.text()).toContain('(memory 1 300 shared)');
});

test.skipIf(!mayWait())("atomics on a shared memory (a page's main thread may not wait)", () => {
  const module = new Module();
  module.memory('env', 'memory', { initial: 1, maximum: 1, shared: true });
  module.func(
    'f',
    { at: 'i32' },
    (f, { at }) => {
      f.run(atomic.store(address(at, 8), 5));
      const five = f.keep(atomic.add(address(at, 8), 2), 'five');
      const seven = f.keep(atomic.cmpxchg(address(at, 8), 7, 9), 'seven');
      const other = f.keep(atomic.cmpxchg(address(at, 8), 7, 1), 'other');
      const unequal = f.keep(atomic.wait32(address(at, 8), 1, i64.extendI32U(1000)), 'unequal');
      const late = f.keep(atomic.wait32(address(at, 8), 9, i64.extendI32U(1000)), 'late');
      const woken = f.keep(atomic.notify(address(at, 8), -1), 'woken');
      const digits = [five, seven, other, unequal, late, woken, atomic.load(address(at, 8))];
      return digits.reduce((sum: Code<'i32'>, digit) => i32.add(i32.mul(sum, 10), digit), i32.const(0));
    },
    { export: true },
  );
  const shared = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), {
    env: { memory: shared },
  });
  // Not equal is 1, timed out 2.
  expect((instance.exports.f as (at: number) => number)(64)).toBe(5791209);
});

function mayWait(): boolean {
  try {
    return Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0) === 'not-equal';
  } catch {
    return false;
  }
}
