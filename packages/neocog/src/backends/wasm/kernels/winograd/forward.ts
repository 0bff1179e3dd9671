// The steps of a convolution or an input gradient.
//
//   one step    unit = block of tiles: transform them into scratch, then block of lanes by block of lanes multiply,
//               transform back and finish. For maps with many tiles.
//   two steps   all tiles into a workspace; then unit = block of lanes × block of tiles. For few tiles and many channels:
//               the weights are read once, or even transformed on the fly from packed ones.

import { address, affine, i32, type Local, less, type Scope } from '../../assembler/index.ts';
import type { ConvOperand, ConvTask } from '../convPlan.ts';
import type { Epilogue } from '../epilogue.ts';
import { type Kernel, kernelParams, type Step, unitFunction } from '../kernel.ts';
import { clearBytes, i32Params, type Pointers, type PointersFunction } from '../pointers.ts';
import { floatBytes, toLines } from '../sizes.ts';
import { blockCount, firstLane, inRun, type LaneRun, laneWidth } from './laneBlocks.ts';
import { atChannel, outputPatchBytes, outputTile, resultNames } from './output.ts';
import { type Products, products } from './products.ts';
import { partCount, points, termsOf, type WinogradShape } from './shape.ts';
import { each } from './split.ts';
import { transformKernel } from './tileKernel.ts';
import {
  blockPlace,
  channelBytes,
  divideBy,
  heightsOf,
  planeBytes,
  rowWords,
  type TileBlocks,
  type TileInput,
  tileBlocks,
} from './tiles.ts';
import { patchBytes, tileTransform } from './tileTransform.ts';
import {
  chunkFor,
  chunksOf,
  packedBytes,
  preparedWeights,
  transformWeights,
  type WeightForm,
  weightPlane,
} from './weights.ts';

export interface ForwardForm {
  readonly steps: 1 | 2;
  readonly weights: WeightForm;
  /** Tiles that are multiplied together, at most. */
  readonly blockTiles: number;
}

/** What the functions of one kernel share. */
interface Context {
  readonly s: WinogradShape;
  readonly form: ForwardForm;
  readonly epilogue: Epilogue;
  readonly int32: boolean;
  readonly blocks: TileBlocks;
  /** Of the transformed input, from point to point. */
  readonly vPlane: number;
}

/** Those for one run of blocks of lanes. */
interface RunContext extends Context {
  readonly run: LaneRun;
}

const isWhole = ({ scale }: WinogradShape): boolean => scale !== undefined;

const rowBytes = (s: WinogradShape): number =>
  rowWords(s.source.channels, partCount(s), isWhole(s)) * floatBytes;

function contextOf(task: ConvTask, s: WinogradShape, form: ForwardForm): Context {
  const blocks = tileBlocks(s.tiles, form.blockTiles);
  const rows = form.steps === 1 ? blocks.most : s.tiles;
  const vPlane = planeBytes((rows * rowBytes(s)) / floatBytes);
  const int32 = task.whole?.result === 'int32';
  return { s, form, epilogue: task.epilogue, int32, blocks, vPlane };
}

const tileInput = ({ s, vPlane }: Context): TileInput => ({
  map: s.source,
  slices: s.target.slices,
  axes: s.axes,
  stride: s.stride,
  parts: s.parts,
  sides: s.sides,
  sliceTaps: s.sliceTaps,
  engine: s.engine,
  shift: each(s.pad, (pad) => -pad),
  matrices: each(s.filterings, (f) => f.input),
  planeBytes: vPlane,
  pairs: isWhole(s),
});

/** Sums of one block of tiles for one block of lanes. */
const sumsPlane = ({ blocks, run }: RunContext): number => planeBytes(blocks.most * laneWidth(run));

/** Bytes in scratch of: sums, one transformed tile of output, transformed weights. */
function blockScratch(c: Context): { sums: number; patch: number; weights: number } {
  const { runs } = preparedWeights(c.s, c.form.weights);
  const most = (bytes: (run: LaneRun) => number): number => toLines(Math.max(...runs.map(bytes)));
  return {
    sums: most((run) => points(c.s) * sumsPlane({ ...c, run })),
    patch: most((run) => outputPatchBytes(c.s, run)),
    weights: c.form.weights === 'packed' ? most((run) => points(c.s) * weightPlane(chunkFor(c.s), run)) : 0,
  };
}

const scratchOf = (c: Context): number => Object.values(blockScratch(c)).reduce((n, b) => n + b, 0);

const blockParams = ['v', 'u', 'end', 'first', 'size', 'scratch'];

/** Multiplies one block of tiles with one block of lanes, transforms back, finishes. */
function laneBlock(scope: Scope, c: RunContext): PointersFunction {
  const { s, epilogue, run } = c;
  const room = blockScratch(c);
  const multiply = c.form.weights === 'packed' ? multiplyPacked(scope, c) : multiplyTransformed(scope, c);
  const output = outputTile(scope.within('Output'), {
    s,
    run,
    epilogue,
    plane: sumsPlane(c),
    int32: c.int32,
  });
  return scope.func(i32Params([...blockParams, ...resultNames(epilogue)]), (f, p) => {
    const large = i32.gtS(p.size, c.blocks.size);
    const patch = f.keep(address(p.scratch, room.sums), 'patch');
    const weights = affine(patch, room.patch);
    f.run(f.call(multiply, { a: p.v, b: p.u, sums: p.scratch, large, weights, end: p.end }));
    const [sums, tile] = [f.keep(p.scratch, 'sums'), f.keep(p.first, 'tile')];
    f.repeat(p.size, () => {
      f.run(f.call(output, { ...p, sums, patch, tile }));
      f.increase(sums, laneWidth(run) * floatBytes);
      f.increase(tile, 1);
    });
  });
}

/** Weights end at address `end`. */
const multiplyParams = i32Params(['a', 'b', 'sums', 'large', 'weights', 'end']);
type Multiply = PointersFunction<keyof typeof multiplyParams>;

const weightBytes = ({ s, form }: Context): number => s.groups * preparedWeights(s, form.weights).total;

/** Where the `bytes` of weights after those at `b` begin, or the last ones. */
const following = ({ b, end }: Pointers<'b' | 'end'>, step: number, bytes: number) =>
  less(affine(b, step), address(end, -bytes));

/** Weights of all groups that exceed this come from the last cache or from memory. */
const nearBytes = 2 ** 20;

/** The products over `depth` channels, while the next `ahead` bytes of weights are touched if they are far. */
function productsOver(
  scope: Scope,
  c: RunContext,
  { depth, accumulate, ahead }: Pick<Products, 'depth' | 'accumulate' | 'ahead'>,
) {
  const { s, run } = c;
  const row = laneWidth(run) * floatBytes;
  return products(scope, {
    points: points(s),
    depth,
    vectors: run.tile.vectors,
    accumulate,
    pairs: isWhole(s),
    engine: s.engine,
    heights: heightsOf(c.blocks, run.tile.pixels),
    a: { row: rowBytes(s), term: floatBytes, plane: c.vPlane },
    b: { term: row, plane: weightPlane(accumulate ? chunkFor(s) : depth, run) },
    sums: { row, plane: sumsPlane(c) },
    ahead: c.form.steps === 2 && weightBytes(c) > nearBytes ? ahead : 0,
  });
}

function multiplyTransformed(scope: Scope, c: RunContext): Multiply {
  const { engine } = c.s;
  const depth = termsOf(c.s);
  const plane = weightPlane(depth, c.run);
  const block = points(c.s) * plane;
  // Products of pairs are too fast for it: 131 instead of 167 GFLOP/s for 256 channels at 14² (Zen 4).
  const ahead = engine.wide ? 0 : block;
  const all = productsOver(scope.within('Products'), c, { depth, accumulate: false, ahead });
  return scope.within('Multiply').func(multiplyParams, (f, p) => {
    f.run(f.call(all, { ...p, ahead: following(p, plane, block) }));
  });
}

/** Chunk by chunk of channels: transforms the weights, then adds to the sums. */
function multiplyPacked(scope: Scope, c: RunContext): Multiply {
  const { s, run } = c;
  const transform = transformWeights(scope.within('Weights'), s, run);
  const plane = weightPlane(chunkFor(s), run);
  const chunks = chunksOf(s.depth, chunkFor(s)).map((chunk, i) => {
    const bytes = packedBytes(s, chunk.channels, run);
    const form = { depth: chunk.channels, accumulate: true, ahead: bytes };
    return { ...chunk, bytes, add: productsOver(scope.within(`Products${i}`), c, form) };
  });
  return scope.within('Multiply').func(multiplyParams, (f, p) => {
    clearBytes(f, p.sums, points(s) * sumsPlane(c));
    for (const { channels, count, bytes, add } of chunks) {
      f.repeat(count, () => {
        f.run(f.call(transform, { from: p.b, to: p.weights, channels, plane }));
        f.run(f.call(add, { ...p, b: p.weights, ahead: following(p, bytes, bytes) }));
        f.increase(p.a, channels * floatBytes);
        f.increase(p.b, bytes);
      });
    }
  });
}

/** The work of `laneBlock` for block number `block` of a group. */
function emitLaneBlocks(scope: Scope, c: Context): PointersFunction {
  const { runs, addressOf } = preparedWeights(c.s, c.form.weights);
  const functions = runs.map((run, i) => laneBlock(scope.within(`${i}`), { ...c, run }));
  const names = ['v', 'w', 'group', 'block', 'first', 'size', 'scratch', ...resultNames(c.epilogue)];
  return scope.func(i32Params(names), (f, p) => {
    inRun(f, { runs, number: p.block }, (block) => {
      const inGroup = firstLane(block);
      const channel = f.keep(affine([p.group, c.s.target.channels], inGroup), 'channel');
      const u = addressOf(p.w, { ...block, group: p.group });
      const end = address(p.w, weightBytes(c));
      f.run(f.call(functions[runs.indexOf(block.run)], { ...p, u, end, ...atChannel(c, p, channel) }));
    });
  });
}

const groupOffset = ({ source }: WinogradShape, group: Local<'i32'>) =>
  affine([group, source.channels * channelBytes(source)]);

/** One step: unit = group, block of tiles. */
function fusedKernel(c: Context): Kernel {
  const { s, blocks } = c;
  const input = tileInput(c);
  const operands = ['x', 'w', ...resultNames(c.epilogue)];
  const lanes = blockCount(preparedWeights(s, c.form.weights).runs);
  const vBytes = toLines(points(s) * c.vPlane);
  return {
    key: `${s.key} fused ${c.form.blockTiles}`,
    operands,
    units: s.groups * blocks.count,
    scratchBytes: vBytes + toLines(patchBytes(input)) + scratchOf(c),
    emit(scope) {
      const transform = tileTransform(scope.within('Tile'), input);
      const multiply = emitLaneBlocks(scope.within('Lanes'), c);
      return scope.func(kernelParams(operands), (f, p) => {
        const patch = f.keep(address(p.scratch, vBytes), 'patch');
        const scratch = f.keep(affine(patch, toLines(patchBytes(input))), 'blockScratch');
        f.range('unit', p.from, p.to, 1, (unit) => {
          const [group, block] = divideBy(f, unit, { by: blocks.count, names: ['group', 'block'] });
          const { first, size } = blockPlace(f, blocks, block);
          const [tile, v] = [f.keep(first, 'tile'), f.keep(p.scratch, 'v')];
          const x = f.keep(address(p.x, groupOffset(s, group)), 'xGroup');
          f.repeat(size, () => {
            f.run(f.call(transform, { x, v, tile, patch }));
            f.increase(v, rowBytes(s));
            f.increase(tile, 1);
          });
          f.range('lane', 0, lanes, 1, (lane) =>
            f.run(f.call(multiply, { ...p, v: p.scratch, group, block: lane, first, size, scratch })),
          );
        });
      });
    },
  };
}

/** Unit = group, block of tiles, block of lanes; lanes run fastest. */
function multiplyKernel(c: Context): Kernel {
  const { s, blocks } = c;
  const operands = ['v', 'w', ...resultNames(c.epilogue)];
  const lanes = blockCount(preparedWeights(s, c.form.weights).runs);
  return {
    key: `${s.key} multiply ${c.form.weights} ${c.form.blockTiles}`,
    operands,
    units: s.groups * blocks.count * lanes,
    scratchBytes: scratchOf(c),
    emit(scope) {
      const multiply = emitLaneBlocks(scope.within('Lanes'), c);
      return unitFunction(scope, operands, (f, p, unit) => {
        const [line, lane] = divideBy(f, unit, { by: lanes, names: ['line', 'lane'] });
        const [group, block] = divideBy(f, line, { by: blocks.count, names: ['group', 'block'] });
        const { first, size } = blockPlace(f, blocks, block);
        const inGroup = affine([group, points(s) * c.vPlane], [first, rowBytes(s)]);
        const v = address(p.v, inGroup);
        f.run(f.call(multiply, { ...p, v, group, block: lane, first, size }));
      });
    },
  };
}

export interface ForwardSteps {
  readonly workspaces: readonly number[];
  readonly steps: readonly Step<ConvOperand>[];
}

export function forwardSteps(task: ConvTask, s: WinogradShape, form: ForwardForm): ForwardSteps {
  const c = contextOf(task, s, form);
  const [source, target]: ['x' | 'y', 'x' | 'y'] = s.weights.turned ? ['y', 'x'] : ['x', 'y'];
  const results = resultNames(task.epilogue).map((n) => (n === 'y' ? target : (n as ConvOperand)));
  if (form.steps === 1) {
    return { workspaces: [], steps: [{ kernel: fusedKernel(c), operands: [source, 'w', ...results] }] };
  }
  const transform = transformKernel(s, 'tiles', tileInput(c));
  return {
    workspaces: [s.groups * points(s) * c.vPlane],
    steps: [
      { kernel: transform, operands: [source, 'workspace0'] },
      { kernel: multiplyKernel(c), operands: ['workspace0', 'w', ...results] },
    ],
  };
}
