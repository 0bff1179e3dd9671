// The steps of a convolution or an input gradient.
//
//   one step    unit = block of tiles: transform them into scratch, then block of lanes by block of lanes multiply,
//               transform back and finish. For maps with many tiles.
//   two steps   all tiles into a workspace; then unit = block of lanes × block of tiles. For few tiles and many channels:
//               the weights are read once, or even transformed on the fly from packed ones.

import { type FuncRef, i32, type Local, less, type Module, v128 } from '../../assembler/index.ts';
import type { Engine } from '../../engine.ts';
import type { ConvOperand, ConvTask } from '../convPlan.ts';
import type { Epilogue } from '../epilogue.ts';
import { type Kernel, kernelParams, type Step } from '../kernel.ts';
import { floatBytes, toLines } from '../sizes.ts';
import { blockCount, inRun, type LaneRun, laneWidth } from './laneBlocks.ts';
import { atChannel, i32Params, outputPatchBytes, outputTile, resultNames } from './output.ts';
import { products } from './products.ts';
import { each, points, type WinogradShape } from './shape.ts';
import { transformKernel } from './tileKernel.ts';
import {
  blockPlace,
  channelBytes,
  heightsOf,
  planeBytes,
  rowFloats,
  type TileBlocks,
  type TileInput,
  tileBlocks,
} from './tiles.ts';
import { patchBytes, tileTransform } from './tileTransform.ts';
import {
  chunkChannels,
  chunksOf,
  packedBytes,
  preparedBlock,
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
  readonly e: Engine;
  readonly blocks: TileBlocks;
  /** Of the transformed input, from point to point. */
  readonly vPlane: number;
}

const rowBytes = (s: WinogradShape): number => rowFloats(s.source.channels, s.stride) * floatBytes;

function contextOf(task: ConvTask, s: WinogradShape, form: ForwardForm): Context {
  const blocks = tileBlocks(s.tiles, form.blockTiles);
  const rows = form.steps === 1 ? blocks.most : s.tiles;
  const vPlane = planeBytes((rows * rowBytes(s)) / floatBytes);
  return { s, form, epilogue: task.epilogue, e: task.engine, blocks, vPlane };
}

const tileInput = ({ s, vPlane }: Context): TileInput => ({
  map: s.source,
  axes: s.axes,
  shift: each(s.pad, (pad) => -pad),
  stride: s.stride,
  matrices: each(s.filterings, (f) => f.input),
  planeBytes: vPlane,
});

/** Sums of one block of tiles for one block of lanes. */
const sumsPlane = (c: Context, run: LaneRun): number => planeBytes(c.blocks.most * laneWidth(run));

/** Bytes in scratch of: sums, one transformed tile of output, transformed weights. */
function blockScratch(c: Context): { sums: number; patch: number; weights: number } {
  const { runs } = preparedWeights(c.s, c.form.weights, c.e);
  const most = (bytes: (run: LaneRun) => number): number => toLines(Math.max(...runs.map(bytes)));
  return {
    sums: most((run) => points(c.s) * sumsPlane(c, run)),
    patch: most((run) => outputPatchBytes(c.s, run)),
    weights: c.form.weights === 'packed' ? most((run) => points(c.s) * weightPlane(chunkChannels, run)) : 0,
  };
}

const scratchOf = (c: Context): number => Object.values(blockScratch(c)).reduce((n, b) => n + b, 0);

const blockParams = ['v', 'u', 'end', 'first', 'size', 'scratch'];

/** Multiplies one block of tiles with one block of lanes, transforms back, finishes. */
function laneBlock(
  m: Module,
  name: string,
  c: Context,
  run: LaneRun,
): FuncRef<Record<string, 'i32'>, 'void'> {
  const { s, epilogue, e } = c;
  const room = blockScratch(c);
  const multiply =
    c.form.weights === 'packed' ? multiplyPacked(m, name, c, run) : multiplyTransformed(m, name, c, run);
  const output = outputTile(m, `${name}Output`, s, run, sumsPlane(c, run), epilogue, e);
  const names = resultNames(epilogue);
  return m.func(name, i32Params([...blockParams, ...names]), (f, p) => {
    const large = i32.gtS(p.size, c.blocks.size);
    const patch = f.keep(i32.add(p.scratch, room.sums), 'patch');
    const weights = i32.add(patch, room.patch);
    f.run(f.call(multiply, { a: p.v, b: p.u, sums: p.scratch, large, weights, end: p.end }));
    const [sums, tile] = [f.keep(p.scratch, 'sums'), f.keep(p.first, 'tile')];
    const arrays = Object.fromEntries(names.map((n) => [n, p[n]]));
    f.repeat(p.size, () => {
      f.run(f.call(output, { sums, patch, tile, ...arrays }));
      f.increase(sums, laneWidth(run) * floatBytes);
      f.increase(tile, 1);
    });
  });
}

/** Weights end at address `end`. */
const multiplyParams = i32Params(['a', 'b', 'sums', 'large', 'weights', 'end']);
type Multiply = FuncRef<Record<string, 'i32'>, 'void'>;

const weightBytes = ({ s, form, e }: Context): number => s.groups * preparedWeights(s, form.weights, e).total;

/** Where the `bytes` of weights after those at `b` begin, or the last ones. */
const following = (b: Local<'i32'>, end: Local<'i32'>, step: number, bytes: number) =>
  less(i32.add(b, step), i32.sub(end, bytes));

/** Weights of all groups that exceed this come from the last cache or from memory. */
const nearBytes = 2 ** 20;

/** The products over `depth` channels, while the next `ahead` bytes of weights are touched if they are far. */
function productsOver(
  m: Module,
  name: string,
  c: Context,
  run: LaneRun,
  { depth, accumulate, ahead }: { depth: number; accumulate: boolean; ahead: number },
) {
  const row = laneWidth(run) * floatBytes;
  const shape = {
    points: points(c.s),
    depth,
    vectors: run.tile.vectors,
    heights: heightsOf(c.blocks, run.tile.pixels),
    accumulate,
    a: { row: rowBytes(c.s), term: floatBytes, plane: c.vPlane },
    b: { term: row, plane: weightPlane(accumulate ? chunkChannels : depth, run) },
    sums: { row, plane: sumsPlane(c, run) },
    ahead: c.form.steps === 2 && weightBytes(c) > nearBytes ? ahead : 0,
  };
  return products(m, name, shape, c.e);
}

function multiplyTransformed(m: Module, name: string, c: Context, run: LaneRun): Multiply {
  const plane = weightPlane(c.s.depth, run);
  const block = points(c.s) * plane;
  // Products of pairs are too fast for it: 131 instead of 167 GFLOP/s for 256 channels at 14² (Zen 4).
  const form = { depth: c.s.depth, accumulate: false, ahead: c.e.wide ? 0 : block };
  const all = productsOver(m, `${name}Products`, c, run, form);
  return m.func(`${name}Multiply`, multiplyParams, (f, { a, b, sums, large, end }) => {
    f.run(f.call(all, { a, b, sums, large, ahead: following(b, end, plane, block) }));
  });
}

/** Chunk by chunk of channels: transforms the weights, then adds to the sums. */
function multiplyPacked(m: Module, name: string, c: Context, run: LaneRun): Multiply {
  const transform = transformWeights(m, `${name}Weights`, c.s, run, c.e);
  const plane = weightPlane(chunkChannels, run);
  const chunks = chunksOf(c.s.depth, chunkChannels).map((chunk, i) => ({
    ...chunk,
    bytes: packedBytes(c.s, chunk.channels, run),
    add: productsOver(m, `${name}Products${i}`, c, run, {
      ...{ depth: chunk.channels, accumulate: true, ahead: packedBytes(c.s, chunk.channels, run) },
    }),
  }));
  return m.func(`${name}Multiply`, multiplyParams, (f, { a, b, sums, large, weights, end }) => {
    const to = f.keep(sums, 'to');
    f.repeat((points(c.s) * sumsPlane(c, run)) / 16, () => {
      f.run(v128.store(to, v128.const4F(0, 0, 0, 0)));
      f.increase(to, 16);
    });
    for (const { channels, count, bytes, add } of chunks) {
      f.repeat(count, () => {
        f.run(f.call(transform, { from: b, to: weights, channels, plane }));
        f.run(f.call(add, { a, b: weights, sums, large, ahead: following(b, end, bytes, bytes) }));
        f.increase(a, channels * floatBytes);
        f.increase(b, bytes);
      });
    }
  });
}

/** The work of `laneBlock` for block number `block` of a group. */
function emitLaneBlocks(m: Module, name: string, c: Context) {
  const places = preparedWeights(c.s, c.form.weights, c.e);
  const functions = places.runs.map((run, i) => laneBlock(m, `${name}Lanes${i}`, c, run));
  const names = resultNames(c.epilogue);
  const params = i32Params(['v', 'w', 'group', 'block', 'first', 'size', 'scratch', ...names]);
  return m.func(`${name}Lanes`, params, (f, p) => {
    inRun(f, places.runs, p.block, (run, index) => {
      const inGroup = i32.add(i32.mul(index, laneWidth(run)), run.channel);
      const channel = f.keep(i32.add(i32.mul(p.group, c.s.target.channels), inGroup), 'channel');
      const u = preparedBlock(p.w, places, run, p.group, index);
      const result = atChannel(c.s, c.epilogue, p, channel);
      const { v, first, size, scratch } = p;
      const end = i32.add(p.w, weightBytes(c));
      f.run(f.call(functions[places.runs.indexOf(run)], { v, u, end, first, size, scratch, ...result }));
    });
  });
}

const groupOffset = ({ source }: WinogradShape, group: Local<'i32'>) =>
  i32.mul(group, source.channels * channelBytes(source));

/** One step: unit = group, block of tiles. */
function fusedKernel(c: Context): Kernel {
  const { s, blocks } = c;
  const input = tileInput(c);
  const operands = ['x', 'w', ...resultNames(c.epilogue)];
  const lanes = blockCount(preparedWeights(s, c.form.weights, c.e).runs);
  const vBytes = toLines(points(s) * c.vPlane);
  return {
    key: `${s.key} fused ${c.form.blockTiles}`,
    operands,
    units: s.groups * blocks.count,
    scratchBytes: vBytes + toLines(patchBytes(input)) + scratchOf(c),
    emit(m, name) {
      const transform = tileTransform(m, `${name}Tile`, input, c.e);
      const multiply = emitLaneBlocks(m, name, c);
      return m.func(name, kernelParams(operands), (f, p) => {
        const patch = f.keep(i32.add(p.scratch, vBytes), 'patch');
        const scratch = f.keep(i32.add(patch, toLines(patchBytes(input))), 'blockScratch');
        f.range('unit', p.from, p.to, 1, (unit) => {
          const group = f.keep(i32.divU(unit, blocks.count), 'group');
          const block = f.keep(i32.sub(unit, i32.mul(group, blocks.count)), 'block');
          const { first, size } = blockPlace(f, blocks, block);
          const [tile, v] = [f.keep(first, 'tile'), f.keep(p.scratch, 'v')];
          const x = f.keep(i32.add(p.x, groupOffset(s, group)), 'xGroup');
          f.repeat(size, () => {
            f.run(f.call(transform, { x, v, tile, patch }));
            f.increase(v, rowBytes(s));
            f.increase(tile, 1);
          });
          const results = Object.fromEntries(resultNames(c.epilogue).map((n) => [n, p[n]]));
          f.range('lane', 0, lanes, 1, (lane) => {
            f.run(
              f.call(multiply, {
                ...results,
                v: p.scratch,
                w: p.w,
                group,
                block: lane,
                first,
                size,
                scratch,
              }),
            );
          });
        });
      });
    },
  };
}

/** Unit = group, block of tiles, block of lanes; lanes run fastest. */
function multiplyKernel(c: Context): Kernel {
  const { s, blocks } = c;
  const operands = ['v', 'w', ...resultNames(c.epilogue)];
  const lanes = blockCount(preparedWeights(s, c.form.weights, c.e).runs);
  return {
    key: `${s.key} multiply ${c.form.weights} ${c.form.blockTiles}`,
    operands,
    units: s.groups * blocks.count * lanes,
    scratchBytes: scratchOf(c),
    emit(m, name) {
      const multiply = emitLaneBlocks(m, name, c);
      return m.func(name, kernelParams(operands), (f, p) => {
        f.range('unit', p.from, p.to, 1, (unit) => {
          const line = f.keep(i32.divU(unit, lanes), 'line');
          const lane = f.keep(i32.sub(unit, i32.mul(line, lanes)), 'lane');
          const group = f.keep(i32.divU(line, blocks.count), 'group');
          const block = f.keep(i32.sub(line, i32.mul(group, blocks.count)), 'block');
          const { first, size } = blockPlace(f, blocks, block);
          const inGroup = i32.add(i32.mul(group, points(s) * c.vPlane), i32.mul(first, rowBytes(s)));
          const v = i32.add(p.v, inGroup);
          const results = Object.fromEntries(resultNames(c.epilogue).map((n) => [n, p[n]]));
          const { w, scratch } = p;
          f.run(f.call(multiply, { ...results, v, w, group, block: lane, first, size, scratch }));
        });
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
  const transform = transformKernel(`${s.key} tiles`, tileInput(c), s.groups, s.tiles, c.e);
  return {
    workspaces: [s.groups * points(s) * c.vPlane],
    steps: [
      { kernel: transform, operands: [source, 'workspace0'] },
      { kernel: multiplyKernel(c), operands: ['workspace0', 'w', ...results] },
    ],
  };
}
