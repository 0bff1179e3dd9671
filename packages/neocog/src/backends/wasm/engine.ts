// What the JavaScript engine at hand can do, and the register tile that suits it. Nothing is run before it is asked for:
// the file loads where there is no WebAssembly.
// Measured figures behind the table: docs/kernels.md.

import { DeviceError } from '../../errors.ts';
import { type Bytes, f32x4, i32x4, Module } from './assembler/index.ts';

/** `off` unless the caller asks: wide SIMD rests on an experimental flag of V8. */
export type WideSimd = 'off' | 'auto' | 'on';

export interface Engine {
  /** `f32x4.relaxed_madd` is one fused multiply-add. JavaScriptCore takes it and rounds twice, as old processors do. */
  readonly fma: boolean;
  /** Pairs of adjacent 128-bit operations run as one 256-bit operation. */
  readonly wide: boolean;
  /** The compiler leaves loads where they are written. V8 11 moves those of a loop's body to its top, and spills. */
  readonly keepsOrder: boolean;
  /** Sums along axes are added in one order, whatever else there is to be summed beside them. */
  readonly uniform?: boolean;
}

/** `pixels × vectors` accumulators of 4 floats that stay in registers. */
export interface Tile {
  readonly pixels: number;
  readonly vectors: number;
}

/**
 * Vector registers that are left for sums beside `held` ones: x86 has 16, of which V8 keeps one, and without fused multiply-add a
 * product takes another. Where pairs of operations are joined, each register holds two vectors.
 */
export const freeRegisters = (e: Engine, held: number): number => 15 - held - (e.fma ? 0 : 1);

/** So many units keep eight threads busy until all end at about the same time. */
export const enoughUnits = 32;

type Formula = typeof f32x4.relaxedMadd;

const twoSteps: Formula = (a, b, c) => f32x4.add(c, f32x4.mul(a, b));

/** A module of one function: a · b + c of numbers. */
function encoded(formula: Formula): Bytes {
  const m = new Module();
  m.func(
    'madd',
    { a: 'f32', b: 'f32', c: 'f32' },
    (_, p) => f32x4.extractLane(formula(f32x4.splat(p.a), f32x4.splat(p.b), f32x4.splat(p.c)), 0),
    { export: true },
  );
  return m.encode();
}

const validates = (formula: Formula): boolean =>
  typeof WebAssembly === 'object' && WebAssembly.validate(encoded(formula));

/** Without it nothing of this backend runs. */
export const hasSimd = validates(twoSteps);
const hasRelaxedSimd = validates(f32x4.relaxedMadd);

let current: Engine | null = null;
let fused: boolean | null = null;

/**
 * The engine's abilities as the generators are to use them.
 *
 * @throws DeviceError without WebAssembly SIMD, or where a page's policy forbids to run it.
 */
export function engine(): Engine {
  // V8 brought relaxed SIMD after it had begun to keep the order.
  current ??= { fma: multipliesFused(), wide: false, keepsOrder: hasRelaxedSimd };
  return current;
}

/** Whether pairs are joined now; asks nothing of the engine. */
export const isWide = (): boolean => current?.wide ?? false;

/** (1 + 2⁻¹²)² − (1 + 2⁻¹¹) is 2⁻²⁴, which a product rounded to 24 bits has lost. */
function multipliesFused(): boolean {
  if (fused !== null) return fused;
  if (!hasSimd) {
    throw new DeviceError(
      "wasm: this engine has no WebAssembly SIMD; use configure({ backend: 'reference' }), or a newer engine",
    );
  }
  const { madd } = instantiate(encoded(hasRelaxedSimd ? f32x4.relaxedMadd : twoSteps));
  fused = madd(1 + 2 ** -12, 1 + 2 ** -12, -1 - 2 ** -11) !== 0;
  return fused;
}

function instantiate(bytes: Bytes): Record<string, (...args: number[]) => number> {
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
    return exports as Record<string, (...args: number[]) => number>;
  } catch (cause) {
    throw new DeviceError(
      `wasm: this engine refuses to compile WebAssembly (${cause}); add 'wasm-unsafe-eval' to script-src in the content security ` +
        "policy of the page, or use configure({ backend: 'reference' })",
      { cause },
    );
  }
}

/** What exact programs are made for: all engines get the same code, and what every one of them has is enough for it. */
export const commonEngine: Engine = { fma: false, wide: false, keepsOrder: false, uniform: true };

/** A short name of what is on: `fma`, `mul+add`, `wide fma`. */
export const engineName = (e: Engine): string => `${e.wide ? 'wide ' : ''}${e.fma ? 'fma' : 'mul+add'}`;

/** What kernels' keys hold of an engine: everything that their code depends on. */
export const engineKey = (e: Engine): string =>
  `${engineName(e)}${e.keepsOrder ? '' : ' gathers'}${e.uniform ? ' uniform' : ''}`;

/** Overrides detection, for tests and benchmarks: `fma` may only be switched off. */
export function overrideEngine(change: Partial<Engine>): Engine {
  const before = engine();
  current = { ...before, ...change, fma: (change.fma ?? before.fma) && multipliesFused() };
  return before;
}

/**
 * The most pixels beside 1, 2, … columns of vectors. Besides the sums, registers hold the weights of a step or, if they are
 * fewer, its pixels, one of the others, and without fusion the product.
 */
const mostPixels = {
  fused: [10, 6, 3, 2, 2, 2, 1, 1],
  separate: [8, 4, 2, 2, 1, 1, 1, 1],
};

/** The vectors that a register holds: two where pairs are joined. */
const vectorsPerColumn = (e: Engine): number => (e.wide ? 2 : 1);

/** Tiles whose sums stay in registers, from the narrowest on. */
export function tilesOf(e: Engine): Tile[] {
  const pixels = mostPixels[e.fma ? 'fused' : 'separate'];
  const tiles = pixels.map((most, i) => ({ vectors: (i + 1) * vectorsPerColumn(e), pixels: most }));
  return e.wide ? [{ vectors: 1, pixels: pixels[0] }, ...tiles] : tiles;
}

/**
 * Splits `vectors` vectors of output channels into blocks of at most two columns, which load least for each product: widest
 * first, the remainder last.
 */
export function blocksFor(e: Engine, vectors: number): Tile[] {
  const blocks: Tile[] = [];
  let left = vectors;
  const tiles = tilesOf(e).filter((tile) => tile.vectors <= 2 * vectorsPerColumn(e));
  for (const tile of tiles.reverse()) {
    for (; left >= tile.vectors; left -= tile.vectors) blocks.push(tile);
  }
  return blocks;
}

/** a · b + c with one instruction where there is one. */
export const multiplyAdd = (e: Engine): Formula => (e.fma ? f32x4.relaxedMadd : twoSteps);

/** The same of pairs of whole numbers of 16 bits: both products of each pair are added to a sum of 32 bits. */
export const addPairs: Formula = (a, b, c) => i32x4.add(c, i32x4.dotI16x8S(a, b));
