// The planner of pointwise convolution over planes: nothing is transposed, lanes are pixels.

import { counted } from '../../../../arguments/show.ts';
import { engineName } from '../../engine.ts';
import { type ConvOperand, type ConvPlan, type ConvPlanner, type ConvTask, needsOrder } from '../convPlan.ts';
import { isPointwise } from '../direct/direct.ts';
import { stepCycles } from '../direct/rowTiles.ts';
import { laneOperands } from '../epilogue.ts';
import { evenTiles } from '../tiles.ts';
import { pointwiseKernel } from './pointwiseKernel.ts';
import { type ChunkRun, type PointwiseShape, pointwiseShape, rowOf } from './pointwiseShape.ts';

export const planesPointwisePlanner: ConvPlanner = {
  name: 'pointwise over planes',
  computes: ['conv'],
  refuse(task) {
    if (!isPointwise(task.geometry)) return 'needs kernel 1, stride 1 and no padding on every axis';
    return needsOrder('planes', task);
  },
  cost: (task) => costOf(task, pointwiseShape(task)),
  plan: (task) => planOf(task, pointwiseShape(task)),
};

function planOf({ geometry: g, epilogue, engine }: ConvTask, s: PointwiseShape): ConvPlan {
  const [{ outs, vectors, blocks }] = s.chunks;
  const units = `${s.spans} × ${counted(
    s.chunks.reduce((n, c) => n + c.times, 0),
    'chunk',
  )}`;
  return {
    description: `pointwise over planes ${outs}x${vectors}, ${engineName(engine)}, ${counted(s.ins, 'channel')}, ${units} of ${4 * vectors * blocks} pixels`,
    exact: true,
    multiplications: g.batch * g.outChannels * s.ins * s.cells,
    weightBytes: 0,
    prepare: [],
    workspaces: [],
    steps: [
      {
        kernel: pointwiseKernel(s, epilogue),
        operands: ['x', 'w', 'y', ...laneOperands(epilogue)] as ConvOperand[],
      },
    ],
  };
}

/** Cycles of a tile besides its steps, as for the direct kernels; of copying a vector of pixels; bytes per cycle from memory. */
const tileCycles = 40;
const copyCycles = 1;
const bytesPerCycle = 16;

function costOf({ geometry: g, engine }: ConvTask, s: PointwiseShape): number {
  const chunks = s.chunks.reduce((sum, c) => sum + c.times * chunkCycles(s, c), 0);
  const bytes = 4 * (g.batch * s.cells * (g.inChannels + g.outChannels) + g.outChannels * s.ins);
  const cycles = s.images * s.groups * chunks + bytes / bytesPerCycle;
  return cycles * (engine.wide ? 16 : 8);
}

function chunkCycles(s: PointwiseShape, { outs, vectors, blocks }: ChunkRun): number {
  const tiles = evenTiles(s.outs, outs).map(
    (t) =>
      t.times *
      (s.ins * stepCycles(s.engine, { pixels: t.size, vectors, shared: false }, rowOf(s.outs)) + tileCycles),
  );
  return blocks * (tiles.reduce((a, b) => a + b, 0) + s.spans * s.ins * vectors * copyCycles);
}
