// The planner of depthwise convolution over planes, and its kernel around the plane function: nothing is transposed, lanes
// are pixels of a row.

import { formatConv } from '../../../../geometry/text.ts';
import { address, affine, type Code, i32, type Local } from '../../assembler/index.ts';
import { engineKey, engineName } from '../../engine.ts';
import {
  type ConvOperand,
  type ConvPlan,
  type ConvPlanner,
  type ConvTask,
  needsOrder,
  sumsOverTaps,
} from '../convPlan.ts';
import { refuseGroups } from '../depthwise/depthwise.ts';
import { type Epilogue, epilogueKey, laneArguments, laneOperands } from '../epilogue.ts';
import { divide, type Kernel, slackBytes, unitFunction } from '../kernel.ts';
import type { CodeSite } from '../pointers.ts';
import { floatBytes } from '../sizes.ts';
import { planeFunction } from './depthwisePlane.ts';
import { type DepthwiseShape, depthwiseShape, statedProducts, vectorProducts } from './depthwiseShape.ts';

/** Multiply-adds in the code of a plane beyond which it would be too long. */
const mostStatedProducts = 4000;

/** Up to three pixels of a vector lie outside of a row, so many cells apart: no further than what is readable beside an array. */
const mostStep = Math.floor(slackBytes / (3 * floatBytes));

export const planesDepthwisePlanner: ConvPlanner = {
  name: 'depthwise over planes',
  computes: sumsOverTaps,
  refuse(task) {
    const { geometry: g } = task;
    const reason = refuseKernel(task) ?? refuseGroups(g) ?? needsOrder('planes', task);
    if (reason) return reason;
    if (g.axes.length > 2) return 'takes one axis or two';
    const { stride } = g.axes[g.axes.length - 1];
    if (stride > mostStep) return `takes strides of up to ${mostStep} along rows; this is ${stride}`;
    const stated = statedProducts(depthwiseShape(task));
    return stated > mostStatedProducts ? `the code of one plane would have ${stated} products` : null;
  },
  cost: (task) => costOf(task, depthwiseShape(task)),
  plan: (task) => planOf(task, depthwiseShape(task)),
};

function refuseKernel({ geometry: g, kernel }: ConvTask): string | null {
  if (kernel === 'conv') return null;
  return g.axes.every((a) => a.stride === 1) && g.outChannels === g.inChannels
    ? null
    : 'takes input gradients of stride 1 with as many outputs as inputs';
}

function planOf(task: ConvTask, s: DepthwiseShape): ConvPlan {
  const { kernel, epilogue, engine } = task;
  const ends = kernel === 'conv' ? ['x', 'w', 'y'] : ['y', 'w', 'x'];
  const [rows, vectors] = [s.bands[0].size, s.tiles[0].vectors];
  const taps = `${s.rows.taps}×${s.columns.taps} taps`;
  return {
    description: `depthwise over planes ${rows}x${vectors}, ${engineName(engine)}, ${taps}, ${s.planes} planes`,
    exact: true,
    multiplications: s.planes * vectorProducts(s) * 4,
    weightBytes: 0,
    prepare: [],
    workspaces: [],
    steps: [
      {
        kernel: depthwisePlanesKernel(task, s),
        operands: [...ends, ...laneOperands(epilogue)] as ConvOperand[],
      },
    ],
  };
}

/** Operands: source, w (the tensor of weights as it is), result, bias if there is one, extras. */
function depthwisePlanesKernel({ geometry, kernel, epilogue, engine }: ConvTask, s: DepthwiseShape): Kernel {
  const operands = ['source', 'w', 'result', ...laneOperands(epilogue)];
  return {
    key: `planes depthwise ${kernel} ${formatConv(geometry)} ${epilogueKey(epilogue)} ${engineKey(engine)}`,
    operands,
    units: s.planes * s.parts,
    scratchBytes: 0,
    emit(scope) {
      const plane = planeFunction(scope.within('Plane'), s, epilogue);
      return unitFunction(scope, operands, (f, p, unit) =>
        f.run(f.call(plane, argumentsAt({ f, p, s, epilogue }, unit))),
      );
    },
  };
}

interface Site extends CodeSite<DepthwiseShape> {
  readonly epilogue: Epilogue;
}

/** Takes a unit's number apart: [image][channel][part of the bands]. */
function argumentsAt({ f, p, s, epilogue }: Site, unit: Local<'i32'>) {
  const [plane, part] = divide(f, unit, s.parts);
  const [, channel] = divide(f, plane, s.channels);
  const bands = s.bands.reduce((n, b) => n + b.times, 0);
  const times = (count: Code<'i32'>, floats: number): Code<'i32'> => affine([count, floats * floatBytes]);
  const bound = (k: Code<'i32'>) => i32.divU(affine([k, bands]), s.parts);
  const place = f.keep(times(channel, 1), 'place');
  const source = s.multiplier === 1 ? plane : i32.divU(plane, s.multiplier);
  return {
    ...laneArguments(epilogue, (name, kind) =>
      kind === 'pixel' ? address(p[name], [p.result, -1]) : address(p[name], place),
    ),
    source: address(p.source, times(source, s.rows.sources * s.columns.sources)),
    w: address(p.w, times(channel, s.rows.taps * s.columns.taps)),
    result: address(p.result, times(plane, s.rows.results * s.columns.results)),
    first: bound(part),
    last: bound(affine(part, 1)),
  };
}

/**
 * Time of a multiply-add, lanes outside included, over that of the engine's best direct kernel, by the steps along a row:
 * measured on 3×3 layers. Pixels that are picked out of vectors do not go in pairs. `loading`: so many times as much where
 * weights are loaded for every use.
 */
const relativeTime = {
  narrow: { touching: 1.2, everyOther: 1.7, apart: 4, loading: 1.2 },
  wide: { touching: 1.3, everyOther: 3, apart: 8, loading: 1.6 },
};
/** Time to move a float to or from the caches behind the first, in the same unit. */
const floatTime = 1;

function costOf({ engine }: ConvTask, s: DepthwiseShape): number {
  const { step } = s.columns;
  const times = relativeTime[engine.wide ? 'wide' : 'narrow'];
  const time = times[step === 1 ? 'touching' : step === 2 ? 'everyOther' : 'apart'];
  const spilled = engine.keepsOrder ? 1 : 2;
  const floats = s.rows.sources * s.columns.sources + s.rows.results * s.columns.results;
  const products = vectorProducts(s) * 4 * time * (s.held ? 1 : times.loading) * spilled;
  return s.planes * (products + floats * floatTime * (engine.wide ? 2 : 1));
}
