// A hash of every kernel that a set of geometries makes, in each mode of the engine: a refactoring that should change no
// code changes no hash, and one that should shows where. `npx vitest run --project node -u emitted` accepts new ones.

import { describe, expect, it } from 'vitest';
import { moduleOf } from '../packages/neocog/src/backends/wasm/eager/compile.ts';
import { type Engine, engineName } from '../packages/neocog/src/backends/wasm/engine.ts';
import type { ConvTask } from '../packages/neocog/src/backends/wasm/kernels/convPlan.ts';
import { plainEpilogue } from '../packages/neocog/src/backends/wasm/kernels/epilogue.ts';
import { framesPlan } from '../packages/neocog/src/backends/wasm/kernels/frames/frames.ts';
import { convPlanners } from '../packages/neocog/src/backends/wasm/kernels/planners.ts';
import type { ConvKernel } from '../packages/neocog/src/backends/work.ts';
import type { FrameInput } from '../packages/neocog/src/geometry/frames/picture.ts';
import { parseConv } from '../packages/neocog/src/geometry/text.ts';
import { inOrders } from './convPlans.ts';

const engines: readonly Engine[] = [
  { fma: false, wide: false, keepsOrder: false },
  { fma: false, wide: false, keepsOrder: true },
  { fma: true, wide: false, keepsOrder: true },
  { fma: true, wide: true, keepsOrder: true },
];

const layers = [
  'n1 g1 c64>64 56x56 k3x3 s1 d1 p1',
  'n2 g1 c1>6 28x28 k5x5 s1 d1 p2',
  'n1 g1 c3>64 56x56 k7x7 s2 d1 p3',
  'n1 g2 c32>24 15x17 k5x4 s1 d1 p2',
  'n1 g4 c8>12 13x9 k3x2 s2x1 d1x2 p1:0x1',
  'n1 g10 c10>20 17x17 k3x3 s2 d1 p1',
  'n64 g1 c400>120 1 k1 s1 d1 p0',
];

const kernels: readonly ConvKernel[] = ['conv', 'inputGrad', 'weightGrad'];

/** FNV-1a, 32 bits: enough to see a change. */
function hash(bytes: Uint8Array): string {
  let h = 0x811c9dc5;
  for (const byte of bytes) h = Math.imul(h ^ byte, 0x01000193);
  return (h >>> 0).toString(16).padStart(8, '0');
}

/** Of the code of each algorithm that takes the task, on pixels, on planes, or from pairs of whole numbers to pixels. */
function hashesOf(task: ConvTask): Record<string, string> {
  const planes = { ...task, xOrder: 'planes', yOrder: 'planes' } as const;
  const pairs = inOrders(task).filter(
    ({ xOrder, yOrder }) => [xOrder, yOrder].sort().join() === 'pairs,pixels',
  );
  const taken = [task, planes, ...pairs].flatMap((t) =>
    convPlanners
      .filter((p) => p.computes.includes(t.kernel) && p.refuse(t) === null)
      .map((planner) => ({ planner, t })),
  );
  const hashes = taken.map(({ planner, t }) => {
    const { prepare, steps } = planner.plan(t);
    const code = moduleOf([...prepare, ...steps].map((step) => step.kernel)).encode();
    const order = t.yOrder === 'planes' && !planner.name.includes('planes') ? ', planes' : '';
    return [`${planner.name}${order}`, hash(code)] as const;
  });
  return Object.fromEntries(hashes);
}

describe.each(engines)('fma $fma, wide $wide, keeps order $keepsOrder', (engine) => {
  it.each(layers)('%s', (text) => {
    const geometry = parseConv(text);
    const [xPitch, yPitch] = [geometry.inChannels, geometry.outChannels].map((c) => Math.ceil(c / 4) * 4);
    const tasks = kernels.map((kernel) => ({
      geometry,
      kernel,
      xPitch,
      yPitch,
      epilogue: { ...plainEpilogue, bias: kernel !== 'weightGrad' },
      engine,
    }));
    const hashes = Object.fromEntries(tasks.map((task) => [task.kernel, hashesOf(task)]));
    expect({ engine: engineName(engine), ...hashes }).toMatchSnapshot();
  });
});

/** The same on every engine. */
describe('frames', () => {
  const imageNet: FrameInput = {
    ...{
      images: 1,
      channels: 3,
      width: 224,
      height: 224,
      fit: 'cover',
      interpolation: 'bilinear',
      reversed: false,
    },
    ...{ background: [0, 0, 0], shift: [123.675, 116.28, 103.53], factor: [0.0171, 0.0175, 0.0174] },
  };
  const digits = {
    ...imageNet,
    images: 5,
    channels: 1,
    width: 29,
    height: 27,
    shift: [0],
    factor: [1],
  } as const;

  it.each<[string, FrameInput]>([
    ['colour', imageNet],
    ['blue first', { ...imageNet, width: 30, reversed: true, background: [1, 2, 3] }],
    ['gray', digits],
  ])('%s', (_, input) => {
    const { steps } = framesPlan(input);
    expect(steps.map(({ kernel }) => hash(moduleOf([kernel]).encode()))).toMatchSnapshot();
  });
});
