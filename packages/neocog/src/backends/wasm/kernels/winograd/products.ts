// One product of matrices per point of the transform: sums[p][row][lane] (+)= Σ_k a[p](row, k) · b[p][k][lane], for one
// block of lanes. The register tile is the engine's: rows × vectors of sums stay in registers while k runs.

import { address, type Func, i32, type Local, type Scope, select, v128 } from '../../assembler/index.ts';
import { addPairs, type Engine, multiplyAdd } from '../../engine.ts';
import { type Ahead, touchAhead } from '../ahead.ts';
import { i32Params, type Pointers } from '../pointers.ts';
import { vectorBytes } from '../sizes.ts';
import { grid } from '../tiles.ts';
import type { HeightCount } from './tiles.ts';

export interface Products {
  readonly points: number;
  /** Terms of each sum. */
  readonly depth: number;
  /** Vectors of lanes. */
  readonly vectors: number;
  readonly heights: readonly HeightCount[];
  /** Add to the sums that are there. */
  readonly accumulate: boolean;
  /** Bytes between rows, terms and planes of a. */
  readonly a: { readonly row: number; readonly term: number; readonly plane: number };
  readonly b: { readonly term: number; readonly plane: number };
  readonly sums: { readonly row: number; readonly plane: number };
  /** Bytes from address `ahead` on that are touched meanwhile, since they are needed next and far away; see `touchAhead`. */
  readonly ahead: number;
  /** Whether terms are pairs of whole numbers of 16 bits, and sums whole numbers of 32. */
  readonly pairs: boolean;
  readonly engine: Engine;
}

/** `large`: whether the block of rows is one of the larger ones. */
const params = i32Params(['a', 'b', 'sums', 'large', 'ahead']);

export const products = (scope: Scope, p: Products) =>
  scope.func(params, (f, { a, b, sums, large, ahead }) => {
    const reads = aheadPerTurn(p);
    const isWorth = p.engine.keepsOrder && reads > 0 && reads <= mostAhead;
    const touched = isWorth ? { at: ahead, touched: f.local('i32', 'touched') } : null;
    const site = { f, p, registers: { ...registersFor(f, p, { a, b }), ahead: touched } };
    const [row, to] = [f.pointer('row', a), f.pointer('to', sums)];
    f.repeat(p.points, () => {
      f.set(row, a);
      f.set(to, sums);
      for (const { height, ...times } of p.heights) {
        repeatEither(f, { ...times, isLarge: large }, () => {
          registerTile(site, height, { a: row, b, sums: to });
          f.increase(row, height * p.a.row);
          f.increase(to, height * p.sums.row);
        });
      }
      f.increase(a, p.a.plane);
      f.increase(b, p.b.plane);
      f.increase(sums, p.sums.plane);
    });
  });

/** Body as often as blocks of either size ask for. */
function repeatEither(
  f: Func,
  { large, small, isLarge }: Omit<HeightCount, 'height'> & { isLarge: Local<'i32'> },
  body: () => void,
): void {
  if (large === small) {
    f.repeat(large, body);
    return;
  }
  const count = f.keep(select<'i32'>(i32.const(large), i32.const(small), isLarge), 'count');
  if (Math.min(large, small) > 0) f.repeat(count, body);
  else f.if(count, () => f.repeat(count, body));
}

interface Registers {
  readonly sums: readonly (readonly Local<'v128'>[])[];
  readonly b: readonly Local<'v128'>[];
  readonly splat: Local<'v128'>;
  readonly aTerm: Local<'i32'>;
  readonly bTerm: Local<'i32'>;
  readonly ahead: Ahead | null;
}

function registersFor(f: Func, p: Products, { a, b }: Pointers<'a' | 'b'>): Omit<Registers, 'ahead'> {
  const rows = Math.max(...p.heights.map((h) => h.height));
  return {
    sums: grid(f, 'sum', [rows, p.vectors]),
    b: Array.from({ length: p.vectors }, (_, j) => f.local('v128', `b${j}`)),
    splat: f.local('v128', 'splat'),
    aTerm: f.pointer('aTerm', a),
    bTerm: f.pointer('bTerm', b),
  };
}

/** Where the code of the products is made. */
interface Site {
  readonly f: Func;
  readonly p: Products;
  readonly registers: Registers;
}

/** Terms per turn of the loop; see `direct/sum.ts` for what that brings. */
function unrollFor({ depth, engine }: Products): number {
  if (!engine.keepsOrder) return 1;
  return [8, 7, 6, 5, 4, 3, 2].find((steps) => depth % steps === 0) ?? 1;
}

function registerTile(site: Site, rows: number, at: Pointers<'a' | 'b' | 'sums'>): void {
  const { f, p, registers: r } = site;
  const tile = r.sums.slice(0, rows);
  const each = (body: (sum: Local<'v128'>, offset: number) => void): void =>
    tile.forEach((row, i) => row.forEach((sum, j) => body(sum, i * p.sums.row + j * vectorBytes)));
  each((sum, offset) =>
    f.set(sum, p.accumulate ? v128.load(address(at.sums, offset)) : v128.const4F(0, 0, 0, 0)),
  );
  f.set(r.aTerm, at.a);
  f.set(r.bTerm, at.b);
  const unroll = unrollFor(p);
  f.repeat(p.depth / unroll, () => {
    for (let u = 0; u < unroll; u++) addTerm(site, tile, u);
    if (r.ahead) touchAhead(f, r.ahead, aheadPerTurn(p));
    f.increase(r.aTerm, unroll * p.a.term);
    f.increase(r.bTerm, unroll * p.b.term);
  });
  each((sum, offset) => f.run(v128.store(address(at.sums, offset), sum)));
}

/** Where few tiles share the weights, they are waited for in any case. */
const mostAhead = 128;

/** Bytes for each turn of all loops. */
function aheadPerTurn(p: Products): number {
  const tiles = p.heights.reduce((sum, h) => sum + Math.max(h.large, h.small), 0);
  return Math.floor(p.ahead / ((p.points * tiles * p.depth) / unrollFor(p)));
}

/** Term number `u` of a turn, to all sums. */
function addTerm({ f, p, registers: r }: Site, tile: Registers['sums'], u: number): void {
  const madd = p.pairs ? addPairs : multiplyAdd(p.engine);
  r.b.forEach((b, j) => f.set(b, v128.load(address(r.bTerm, u * p.b.term + j * vectorBytes))));
  tile.forEach((row, i) => {
    f.set(r.splat, v128.load32Splat(address(r.aTerm, u * p.a.term + i * p.a.row)));
    row.forEach((sum, j) => f.set(sum, madd(r.splat, r.b[j], sum)));
  });
}
