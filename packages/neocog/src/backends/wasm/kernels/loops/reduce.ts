// A loop nest with reduced axes as kernels. Rows of the reduced space are added up in blocks of at most 64 in float32 (of
// means in float64), a few vectors at a time in registers, and the blocks in memory in float64: memory is read in its own order, a block of rows
// with all their lanes after the other. Lanes are results side by side, or, where the lane axis is reduced, parts of one.
// A unit owns results. Where these are few, it owns a part of the blocks instead, cut the same for any number of threads,
// and a second kernel adds the parts in order.

import type { Combine } from '../../../workParts.ts';
import {
  address,
  affine,
  type Code,
  type Func,
  i32,
  type Local,
  type Operand,
  type Scope,
  v128,
} from '../../assembler/index.ts';
import { type Engine, engineKey } from '../../engine.ts';
import { splat } from '../../fused/math.ts';
import { type Kernel, type KernelFunction, kernelParams } from '../kernel.ts';
import { laneMask } from '../lanes.ts';
import type { Pointers, PointersFunction } from '../pointers.ts';
import { lanes, vectorBytes } from '../sizes.ts';
import { cellsOf, type LoopNest, nestKey } from './loopNest.ts';
import {
  advance,
  type Block,
  blockInvariants,
  blockValues,
  cellsAlong,
  copyPlace,
  type Items,
  isLastPiece,
  lanesOf,
  originOf,
  overBlocks,
  overItems,
  type Place,
  placeArguments,
  placeAt,
  placeOf,
  placeParams,
  rowsOfPiece,
} from './loopNestCode.ts';
import { finishKernel, finishTotals, type ReduceSite } from './reduceFinish.ts';
import { itemBytes, planReduction, type ReducePlan, totalsBytes } from './reducePlan.ts';
import { addBlock, totalBytes } from './reduceTotals.ts';

/** Cells of a unit of many small results. */
const cellsOfGroup = 2048;

export interface Reduction {
  readonly partial: Kernel;
  /** Bytes of partial results, `workspace0` of both kernels, or 0: then `partial` is all. */
  readonly workspaceBytes: number;
  readonly finish: Kernel | null;
}

export function reduceKernels(nest: LoopNest, combine: Combine, engine: Engine): Reduction {
  const plan = planReduction(nest, combine, engine);
  const key = `${combine} ${nestKey(nest)} ${engineKey(engine)}`;
  const partial = partialKernel(plan, `reduce ${key}`);
  if (plan.parts === 1) return { partial, workspaceBytes: 0, finish: null };
  const workspaceBytes = cellsOf(plan.kept) * plan.parts * itemBytes(plan);
  return { partial, workspaceBytes, finish: finishKernel(plan, `finish ${plan.parts} ${key}`) };
}

function partialKernel(plan: ReducePlan, key: string): Kernel {
  const { nest, kept, parts } = plan;
  const items = cellsOf(kept) * parts;
  const group = Math.max(1, Math.min(Math.ceil(cellsOfGroup / (cellsOf(nest.axes) / items)), items >> 4));
  const inputs = nest.movers.flatMap(({ kind, name }) => (kind === 'input' ? [name] : []));
  const operands = [...inputs, ...(parts > 1 ? ['workspace0'] : outputNames(nest))];
  return {
    key,
    operands,
    units: Math.ceil(items / group),
    scratchBytes: spillBytes(plan) + (parts > 1 ? 0 : itemBytes(plan)),
    emit: (scope) => emitPartial(scope, plan, { operands, items, group }),
  };
}

/** Of the sums of a block on their way to the totals. */
const spillBytes = ({ nest, vectors, chain }: ReducePlan): number =>
  nest.exprs.length * chain.start().length * spilledRow(vectors);

/** Bytes for one word of so many vectors. With a gap behind an odd number: see `spilled`. */
const spilledRow = (vectors: number): number => (vectors + (vectors % 2)) * vectorBytes;

const outputNames = ({ movers }: LoopNest): string[] =>
  movers.flatMap(({ kind, name }) => (kind === 'output' ? [name] : []));

function emitPartial(scope: Scope, plan: ReducePlan, work: Items): KernelFunction {
  const { grid, kept, parts } = plan;
  const rest = { ...plan, grid: { ...grid, lane: { ...grid.lane, size: grid.tail } } };
  const functions = {
    rows: blockFunction(scope.within('.rows'), plan),
    tail: grid.tail > 0 ? blockFunction(scope.within('.tail'), rest) : null,
  };
  return scope.func(kernelParams(work.operands), (f, p) => {
    const site = { ...plan, f, p };
    const origin = originOf(site);
    const own = f.keep(address(p.scratch, spillBytes(plan)), 'own');
    overItems(site, work, (item) => {
      const result = parts === 1 ? item : f.keep(i32.divU(item, parts), 'result');
      const first = placeAt({ ...site, origin }, kept, result);
      const totals = parts === 1 ? own : f.keep(address(p.workspace0, [item, itemBytes(plan)]), 'totals');
      clear(site, totals);
      overPart(site, item, (block) => {
        const place = placeAt({ ...site, origin: first }, [...plan.reduced, plan.pieces.axis], block);
        addRows(site, functions, { block, place, totals });
      });
      if (parts === 1) finishTotals(site, totals, first);
    });
  });
}

function clear({ f, ...plan }: ReduceSite, at: Local<'i32'>): void {
  const to = f.keep(at, 'to');
  f.repeat(itemBytes(plan) / vectorBytes, () => {
    f.run(v128.store(to, f.constant(plan.totals.neutral())));
    f.increase(to, vectorBytes);
  });
}

/** The blocks of part `item mod parts`: a share of equal size, up to one. */
function overPart(
  { f, blocks, parts }: ReduceSite,
  item: Local<'i32'>,
  body: (block: Local<'i32'>) => void,
): void {
  if (parts === 1) {
    f.range('block', 0, blocks, 1, body);
    return;
  }
  const part = f.keep(i32.remU(item, parts), 'part');
  const boundary = (n: Operand<'i32'>) => i32.divU(affine([n, blocks]), parts);
  f.range('block', boundary(part), boundary(affine(part, 1)), 1, body);
}

interface BlockFunctions {
  readonly rows: PointersFunction;
  readonly tail: PointersFunction | null;
}

interface BlockCall {
  readonly block: Local<'i32'>;
  readonly place: Place;
  readonly totals: Local<'i32'>;
}

function addRows(
  { f, p, nest, grid, pieces }: ReduceSite,
  { rows, tail }: BlockFunctions,
  { block, place, totals }: BlockCall,
): void {
  const memory = { totals, spill: p.scratch };
  const count = rowsOfPiece(f, pieces, block);
  f.run(f.call(rows, { ...placeArguments(nest, place), ...memory, rows: count }));
  if (!tail) return;
  f.if(isLastPiece(pieces, block), () => {
    advance(f, place, cellsAlong(grid.row, pieces.lastRows));
    f.run(f.call(tail, { ...placeArguments(nest, place), ...memory, rows: 1 }));
  });
}

/** Adds `rows` rows with all their lanes to the totals. */
function blockFunction(scope: Scope, plan: ReducePlan): PointersFunction {
  const { nest, grid, vectors } = plan;
  const params = { ...placeParams(nest), totals: 'i32', spill: 'i32', rows: 'i32' } as const;
  return scope.func(params, (f, p: Pointers) => {
    const site = { ...plan, f, p };
    overBlocks(f, { lane: grid.lane, vectors, place: placeOf(nest, p) }, (block) =>
      addToTotals(site, block, sumRows(site, block)),
    );
  });
}

/** The words of a chain, by vector and formula. */
type Words = readonly Local<'v128'>[];

/** Sums per vector and formula, in registers all the way. */
function sumRows(site: ReduceSite, block: Block): Words[][] {
  const { f, p, nest, grid, chain } = site;
  const known = blockInvariants(site, block);
  const sums = known.vectors.map(() =>
    nest.exprs.map(() => chain.start().map((word) => f.keep(f.constant(word), 'sum'))),
  );
  const place = copyPlace(f, block.place);
  f.repeat(p.rows, () => {
    const values = blockValues(site, { ...block, place }, known);
    sums.forEach((ofVector, vector) => {
      ofVector.forEach((sum, e) => {
        const value = values[vector][e];
        const real = grid.lane.reduced ? masked(site, value, lanesOf(block, vector)) : value;
        const words = chain.of(real);
        sum.forEach((word, i) => f.set(word, chain.pair(word, words[i])));
      });
    });
    advance(f, place, cellsAlong(grid.row, 1));
  });
  return sums;
}

/** Lanes past the end of a reduced axis do not count. */
function masked({ f, chain }: ReduceSite, value: Local<'v128'>, count: number): Local<'v128'> {
  if (count === lanes) return value;
  const mask = f.constant(laneMask([0, 1, 2, 3].map((lane) => lane < count)));
  return f.keep(v128.bitselect(value, splat(f, chain.neutral), mask), 'masked');
}

/**
 * Through memory: V8 finds pairs of vectors for 256 bits where they are stored side by side. Only vectors of the same formula may
 * lie so: of a pair of two formulas V8 makes wrong code (seen in Node 24.21, `--experimental-wasm-revectorize`).
 */
function spilled(f: Func, sums: readonly Words[][], spill: Local<'i32'>): Words[][] {
  const place = (e: number, word: number, vector: number): Code<'i32'> =>
    address(spill, (e * sums[0][0].length + word) * spilledRow(sums.length) + vector * vectorBytes);
  sums[0].forEach((words, e) => {
    words.forEach((_, i) => {
      sums.forEach((ofVector, vector) => f.run(v128.store(place(e, i, vector), ofVector[e][i])));
    });
  });
  return sums.map((ofVector, vector) =>
    ofVector.map((words, e) => words.map((_, i) => f.keep(v128.load(place(e, i, vector)), 'block'))),
  );
}

function addToTotals(site: ReduceSite, block: Block, sums: readonly Words[][]): void {
  const { f, p, nest, chain, grid, totals: t } = site;
  const { pair } = chain;
  const loaded = spilled(f, sums, p.spill);
  nest.exprs.forEach((_, e) => {
    const blocks = loaded.map((ofVector) => ofVector[e]);
    const both = (a: Words, b: Words): Words => a.map((word, i) => f.keep(pair(word, b[i]), 'both'));
    const results = grid.lane.reduced ? [blocks.reduce(both)] : blocks;
    results.forEach((result, i) => {
      addBlock(site, result, { at: p.totals, offset: e * totalsBytes(site) + i * totalBytes(t) });
    });
  });
  if (!grid.lane.reduced) f.increase(p.totals, block.vectors * totalBytes(t));
}
