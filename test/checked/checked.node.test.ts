// The checked mode finds what is planted: kernels that reach outside of their arrays in every way that a kernel can.

import { describe, expect, it } from 'vitest';
import {
  address,
  atomic,
  type Code,
  type Func,
  f32,
  i32,
  type Local,
  v128,
} from '../../packages/neocog/src/backends/wasm/assembler/index.ts';
import { moduleOf } from '../../packages/neocog/src/backends/wasm/eager/compile.ts';
import {
  type Kernel,
  slackBytes,
  unitFunction,
} from '../../packages/neocog/src/backends/wasm/kernels/kernel.ts';
import { Generator } from '../../packages/neocog/src/tensor/random.ts';
import { checkedKernel, KernelViolation } from './kernel.ts';
import { writtenOperands } from './operands.ts';
import { type Arrangement, arrange, arrangements, type Span, tableBytes } from './table.ts';

type Body = (f: Func, p: Record<string, Local<'i32'>>) => void;

let count = 0;
/** A kernel of one unit, which may write to w. */
const planted = (body: Body): Kernel => ({
  key: `planted ${++count}`,
  operands: ['weights', 'w'],
  units: 1,
  scratchBytes: 32,
  emit: (scope) => unitFunction(scope, ['weights', 'w'], (f, p) => body(f, p)),
});

/** 48 bytes of ones, 32 bytes of result and the scratch, all with NaN around them. */
function run(kernel: Kernel, arrangement: Arrangement): Float32Array {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  new Float32Array(memory.buffer).fill(Number.NaN);
  const at = (k: number): number => tableBytes + k * 256;
  new Float32Array(memory.buffer, at(1), 12).fill(1);
  const written = writtenOperands(kernel);
  const spans: Span[] = [
    { name: 'weights', address: at(1), bytes: 48, writable: written.includes('weights') },
    { name: 'w', address: at(2), bytes: 32, writable: written.includes('w') },
    { name: 'scratch', address: at(3), bytes: kernel.scratchBytes, writable: true },
  ];
  const random = new Generator(count);
  checkedKernel(kernel).on(memory).call(spans, { from: 0, to: 1 }, { arrangement, random });
  return new Float32Array(memory.buffer, at(2), 8).slice();
}

const copy = (f: Func, to: Local<'i32'>, from: Code<'i32'>): void => f.run(v128.store(to, v128.load(from)));

/** What is done, what the error says of it, and the array that it names. */
const faults: readonly (readonly [string, Body, string, string])[] = [
  [
    'a load behind the slack',
    (f, p) => copy(f, p.w, address(p.weights, 48 + slackBytes)),
    'load of 16 bytes at weights + 112, which has 48 bytes',
    'weights',
  ],
  [
    'a load of which one byte is behind the slack',
    (f, p) => copy(f, p.w, address(p.weights, 48 + slackBytes - 15)),
    'load of 16 bytes at weights + 97, which has 48 bytes',
    'weights',
  ],
  [
    'a load before the slack',
    (f, p) => copy(f, p.w, address(p.weights, -(slackBytes + 4))),
    'load of 16 bytes at weights − 68, which has 48 bytes',
    'weights',
  ],
  [
    'an address before the slack that an offset would bring back',
    (f, p) => {
      const below = f.keep(address(p.weights, -4096), 'below');
      copy(f, p.w, address(below, 4096));
    },
    'load of 16 bytes at weights + 0, which has 48 bytes: its address lies at weights − 4096',
    'weights',
  ],
  [
    'a store whose address an offset would bring back',
    (f, p) => {
      const below = f.keep(address(p.w, -100), 'below');
      f.run(f32.store(address(below, 104), 1));
    },
    'store of 4 bytes at w + 4, which has 32 bytes: its address lies at w − 100',
    'w',
  ],
  [
    'a store into slack',
    (f, p) => f.run(f32.store(address(p.w, 32), 1)),
    'store of 4 bytes at w + 32, which has 32 bytes',
    'w',
  ],
  [
    'a vector that is stored over the end',
    (f, p) => f.run(v128.store(address(p.w, 20), v128.const4F(1, 2, 3, 4))),
    'store of 16 bytes at w + 20, which has 32 bytes',
    'w',
  ],
  [
    'a store before an array',
    (f, p) => f.run(f32.store(address(p.w, -4), 1)),
    'store of 4 bytes at w − 4, which has 32 bytes',
    'w',
  ],
  [
    'a store into what is only read',
    (f, p) => f.run(v128.store32Lane(address(p.weights, 8), v128.const4F(1, 2, 3, 4), 2)),
    'store of 4 bytes at weights + 8, which has 48 bytes and is only to be read',
    'weights',
  ],
  [
    'scratch memory that was not asked for',
    (f, p) => f.run(i32.store(address(p.scratch, 32), 1)),
    'store of 4 bytes at scratch + 32, which has 32 bytes',
    'scratch',
  ],
  [
    'an address in a condition',
    (f, p) => f.if(i32.load(address(p.weights, 4000)), () => f.run(f32.store(p.w, 1))),
    'load of 4 bytes at weights + 4000',
    'weights',
  ],
  [
    'a pointer that runs on in a loop',
    (f, p) => {
      const at = f.keep(p.weights, 'at');
      f.loop(() => {
        copy(f, p.w, at);
        f.increase(at, 16);
        return i32.const(1);
      });
    },
    'load of 16 bytes at weights + 112, which has 48 bytes, by (v128.load (local.get $at)) in kernel',
    'weights',
  ],
];

describe.each(arrangements)('arrays that lie %s', (arrangement) => {
  it.each(faults)('%s is found and named', (_, body, text, operand) => {
    const kernel = planted(body);
    const error = thrownBy(() => run(kernel, arrangement));
    expect(error).toBeInstanceOf(KernelViolation);
    const { message, operand: named } = error as KernelViolation;
    expect(message).toContain(text);
    expect(message).toContain(` of planted ${count}`);
    expect(named).toBe(operand);
  });
});

function thrownBy(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  return null;
}

describe.each(arrangements)('arrays that lie %s', (arrangement) => {
  it('are read and written where they are', () => {
    const kernel = planted((f, p) => {
      copy(f, p.scratch, address(p.weights, 32));
      copy(f, p.w, p.scratch);
      f.run(f32.store(address(p.w, 28), f32.add(f32.load(address(p.weights, 44)), 2)));
    });
    expect([...run(kernel, arrangement)]).toEqual([1, 1, 1, 1, Number.NaN, Number.NaN, Number.NaN, 3]);
  });

  it('have slack that may be read, where nothing is known', () => {
    const kernel = planted((f, p) => {
      copy(f, p.w, address(p.weights, -slackBytes));
      f.run(v128.store(address(p.w, 16), v128.load(address(p.weights, 48 + slackBytes - 16))));
    });
    expect(run(kernel, arrangement).every(Number.isNaN)).toBe(true);
  });
});

it('an instruction that nobody knows how to check is refused', () => {
  const kernel = planted((f, p) => f.set(f.local('i32', 'was'), atomic.load(p.w)));
  expect(() => checkedKernel(kernel)).toThrow('i32.atomic.load: nobody knows how to check it');
});

it('a kernel whose results nobody has stated is refused', () => {
  const kernel = { ...planted(() => {}), operands: ['a', 'b'] };
  expect(() => writtenOperands(kernel)).toThrow('nobody says which of a, b it writes');
});

describe('arrangements', () => {
  const spans = [40, 4, 1000, 16, 0].map((bytes, i) => ({ name: `${i}`, address: 0, bytes, writable: true }));
  const placed = (arrangement: Arrangement, seed: number) =>
    arrange(spans, arrangement, new Generator(seed))
      .map((start, i) => ({ start, end: start + (spans[i] as Span).bytes }))
      .sort((a, b) => a.start - b.start);
  const seeds = Array.from({ length: 50 }, (_, seed) => seed);

  it.each(arrangements)('%s: no array is in the slack of another, and all are below 4 GiB', (arrangement) => {
    for (const seed of seeds) {
      const all = placed(arrangement, seed);
      expect(all[0]?.start).toBeGreaterThanOrEqual(slackBytes);
      expect(all.at(-1)?.end).toBeLessThanOrEqual(2 ** 32 - slackBytes);
      for (const [i, { start }] of all.entries())
        if (i > 0) expect(start - (all[i - 1]?.end ?? 0)).toBeGreaterThanOrEqual(slackBytes);
    }
  });

  it('reach the lowest address, the middle and the end', () => {
    for (const seed of seeds) {
      expect(placed('low', seed)[0]?.start).toBe(slackBytes);
      expect(placed('tight', seed)[0]?.start).toBe(slackBytes);
      expect(2 ** 32 - slackBytes - (placed('high', seed).at(-1)?.end ?? 0)).toBeLessThan(16);
      const across = placed('middle', seed).filter(
        ({ start, end }) => start <= 2 ** 31 && end + slackBytes > 2 ** 31,
      );
      expect(across.length).toBe(1);
    }
  });
});

it('code that is not checked is the same as ever', () => {
  const kernel = planted((f, p) => copy(f, p.w, p.weights));
  const before = moduleOf([kernel]).encode();
  run(kernel, 'low');
  expect(moduleOf([kernel]).encode()).toEqual(before);
});
