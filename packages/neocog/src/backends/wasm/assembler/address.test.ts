import { describe, expect, it } from 'vitest';
import { address, affine, Func, i32, type Local, Module, v128 } from './index.ts';
import { codeText } from './text.ts';

/** What `make` gives, in the text format, within a function with parameters x, y and i. */
function text(
  make: (p: Record<'x' | 'y' | 'i', Local<'i32'>>, f: Func) => Parameters<typeof codeText>[0],
): string {
  const f = new Func('test');
  const [x, y, i] = (['x', 'y', 'i'] as const).map((name) => f.parameter('i32', name)) as Local<'i32'>[];
  const code = make({ x, y, i } as Record<'x' | 'y' | 'i', Local<'i32'>>, f);
  return codeText(code).replaceAll('local.get ', '').replace(/\s+/g, ' ');
}

describe('affine sums', () => {
  it.each([
    ['numbers are added here', () => affine(3, [4, 5], -1), '(i32.const 22)'],
    ['a literal is a number', () => affine(i32.const(3), [i32.const(2), i32.const(8)]), '(i32.const 19)'],
    ['nothing is 0', () => affine(), '(i32.const 0)'],
  ])('%s', (_, make, expected) => expect(text(make)).toBe(expected));

  it('one term alone is what it is', () => {
    expect(text(({ i }) => affine(i))).toBe('($i)');
    expect(text(({ i }) => affine([i, 1]))).toBe('($i)');
    expect(text(({ i }) => affine(i, 0))).toBe('($i)');
  });

  it('strides multiply; 0 drops a term, −1 subtracts', () => {
    expect(text(({ i }) => affine([i, 12]))).toBe('(i32.mul ($i) (i32.const 12))');
    expect(text(({ x, i }) => affine(x, [i, 0]))).toBe('($x)');
    expect(text(({ x, i }) => affine(x, [i, -1]))).toBe('(i32.sub ($x) ($i))');
    expect(text(({ i }) => affine([i, -1]))).toBe('(i32.sub (i32.const 0) ($i))');
    expect(text(({ x, y }) => affine([x, y]))).toBe('(i32.mul ($x) ($y))');
    expect(text(({ y }) => affine([4, y]))).toBe('(i32.mul ($y) (i32.const 4))');
  });

  it('constants come last, also those of inner sums', () => {
    expect(text(({ x, i }) => affine(1, x, [affine(i, 2), 8]))).toBe(
      '(i32.add (i32.add ($x) (i32.mul ($i) (i32.const 8))) (i32.const 17))',
    );
    expect(text(({ x, y }) => affine([affine(x, 3), affine(y, 1)]))).toBe(
      '(i32.mul (i32.add ($x) (i32.const 3)) (i32.add ($y) (i32.const 1)))',
    );
    expect(text(({ x }) => affine(affine(x, 5), -5))).toBe('($x)');
  });
});

describe('addresses', () => {
  const load = (...terms: Parameters<typeof address>) => v128.load(address(...terms));

  it('a constant is the offset of a load', () => {
    expect(text(({ x, i }) => load(x, [i, 16], 32))).toBe(
      '(v128.load offset=32 (i32.add ($x) (i32.mul ($i) (i32.const 16))))',
    );
    expect(text(({ x, i }) => load(address(x, 16), [affine(i, -1), 4]))).toBe(
      '(v128.load offset=12 (i32.add ($x) (i32.mul ($i) (i32.const 4))))',
    );
    expect(text(({ x }) => v128.store32Lane(address(x, 8), v128.const4F(0, 0, 0, 0), 3))).toContain(
      'v128.store32_lane offset=8 3 ($x)',
    );
  });

  it('what could lie below the array has no offset', () => {
    expect(text(({ x }) => load(x, -16))).toBe('(v128.load (i32.add ($x) (i32.const -16)))');
    expect(text(({ x, i }) => load(x, [i, -4], 400))).toBe(
      '(v128.load (i32.add (i32.add ($x) (i32.mul ($i) (i32.const -4))) (i32.const 400)))',
    );
    expect(text(({ x, i }) => load(address(x, [i, -1]), 400))).toBe(
      '(v128.load (i32.add (i32.sub ($x) ($i)) (i32.const 400)))',
    );
    expect(text(({ x, i }) => load(x, [affine([i, -4], 100), 2]))).toBe(
      '(v128.load (i32.add (i32.add ($x) (i32.mul (i32.mul ($i) (i32.const -4)) (i32.const 2))) (i32.const 200)))',
    );
  });

  it('what is counted downwards twice goes upwards', () => {
    expect(text(({ x, i }) => load(x, [affine(100, [i, -1]), -4], 800))).toContain('offset=400');
  });

  it('knows its array, and so do variables that hold it', () => {
    const f = new Func('test');
    const [x, i] = [f.parameter('i32', 'x'), f.parameter('i32', 'i')];
    const at = address(x, [i, 4], 16);
    expect([at.array, v128.load(at).access]).toEqual(['x', { array: 'x', offset: 16 }]);
    expect(f.keep(at, 'kept').array).toBe('x');
    expect(address(f.pointer('moving', x), 4).array).toBe('x');
    expect(f.pointer('elsewhere', 'scratch').array).toBe('scratch');
    expect(affine(x, 4).array).toBeUndefined();
    expect(f.local('i32', 'count').array).toBeUndefined();
  });

  it('a parameter stays the array that it is, whatever is added', () => {
    const f = new Func('test');
    const x = f.parameter('i32', 'x');
    expect(address(x)).toBe(x);
    expect(f.parameter('i32', 'y').array).toBe('y');
  });
});

describe('what is refused', () => {
  const f = new Func('test');
  const x = f.parameter('i32', 'x');
  const i = f.local('i32', 'i');

  it.each([
    ['an address from what points nowhere', () => address(i, 4), 'address: $i points into no array'],
    ['a load from a number', () => v128.load(affine(x, 4)), 'v128.load: its address lies in no array'],
    [
      'a store to a variable',
      () => v128.store(i, v128.const4F(0, 0, 0, 0)),
      'v128.store: its address lies in no array',
    ],
    ['a pointer to where a number does', () => f.pointer('p', i), 'test: $p is to point to where $i does'],
    [
      'an address of another array',
      () => f.set(f.pointer('p', x), f.parameter('i32', 'y')),
      'test: $p points into x, $y into y',
    ],
  ])('%s', (_, make, message) => expect(make).toThrow(message));

  it('nothing of a literal address: it belongs to no array', () => {
    expect(v128.load(16).access).toEqual({ array: null, offset: 0 });
  });
});

it('addresses are computed as they are written', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  new Int32Array(memory.buffer).set(Array.from({ length: 1000 }, (_, k) => k * 7));
  const m = new Module();
  m.memory('env', 'memory', { initial: 1 });
  m.func(
    'at',
    { x: 'i32', i: 'i32', j: 'i32' },
    (_, { x, i, j }) =>
      i32.add(
        i32.load(address(x, [i, 4], [affine(j, 1), 40], -8)),
        i32.load(address(x, [j, -4], [affine(i, j), 12], 80)),
      ),
    { export: true },
  );
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(m.encode()), { env: { memory } });
  const at = exports.at as (x: number, i: number, j: number) => number;
  for (const [i, j] of [
    [0, 0],
    [3, 1],
    [9, 17],
  ] as const) {
    const first = 100 + i + (j + 1) * 10 - 2;
    const second = 100 - j + (i + j) * 3 + 20;
    expect(at(400, i, j)).toBe((first + second) * 7);
  }
});
