// The planner of grouped convolution over planes, and its kernel around the row function: lanes are pixels of a row, so that
// groups of a few channels fill vectors that they could not fill as pixels.

import { counted } from '../../../../arguments/show.ts';
import { formatConv } from '../../../../geometry/text.ts';
import { address, affine, type Code, i32 } from '../../assembler/index.ts';
import { engineKey, engineName } from '../../engine.ts';
import { type ConvOperand, type ConvPlan, type ConvPlanner, type ConvTask, needsOrder } from '../convPlan.ts';
import { type Epilogue, epilogueKey, laneArguments, laneOperands } from '../epilogue.ts';
import { divide, inCase, type Kernel, unitFunction } from '../kernel.ts';
import type { CodeSite, Pointers } from '../pointers.ts';
import { floatBytes } from '../sizes.ts';
import { rowsFunction } from './groupedRow.ts';
import { type GroupedShape, groupedShape, statedProducts, vectorProducts } from './groupedShape.ts';

/** Multiply-adds in the code of a block beyond which it would be too long. */
const mostStatedProducts = 6000;

export const planesGroupedPlanner: ConvPlanner = {
  name: 'groups over planes',
  computes: ['conv'],
  refuse(task) {
    const { geometry: g } = task;
    if (g.paddingMode !== 'zeros') return `needs zero padding; this is ${g.paddingMode}`;
    if (g.groups === 1 || g.groups === g.inChannels) return 'needs several groups of several channels';
    if (g.axes.length > 2) return 'takes one axis or two';
    if (g.axes[g.axes.length - 1].stride > 1) return 'needs stride 1 along rows';
    const stated = statedProducts(groupedShape(task));
    if (stated > mostStatedProducts) return `the code of one block would have ${stated} products`;
    return needsOrder('planes', task);
  },
  cost(task) {
    const s = groupedShape(task);
    const floats = s.images * (s.groups * s.ins * s.sourcePlane + s.groups * s.outs * s.resultPlane);
    return vectorProducts(s) * 4 * stepTime * (task.engine.keepsOrder ? 1 : 2) + floats * floatTime;
  },
  plan(task) {
    const s = groupedShape(task);
    const [{ size }] = s.blocks;
    return {
      description: `groups over planes ${size}x${s.tiles[0].vectors}, ${engineName(task.engine)}, ${s.rows.taps}×${s.columns.taps} taps × ${counted(s.ins, 'channel')}`,
      exact: true,
      multiplications: vectorProducts(s) * 4,
      weightBytes: 0,
      prepare: [],
      workspaces: [],
      steps: [
        {
          kernel: groupedKernel(task, s),
          operands: ['x', 'w', 'y', ...laneOperands(task.epilogue)] as ConvOperand[],
        },
      ],
    } satisfies ConvPlan;
  },
};

/** Time of a multiply-add, over that of the engine's best direct kernel, and of moving a float, in the same unit. */
const stepTime = 1.15;
const floatTime = 1;

/** Operands: source, w (the tensor of weights as it is), result, bias if there is one, extras. */
function groupedKernel({ geometry, epilogue, engine }: ConvTask, s: GroupedShape): Kernel {
  const operands = ['source', 'w', 'result', ...laneOperands(epilogue)];
  const perGroup = s.blocks.reduce((n, block) => n + block.times, 0);
  return {
    key: `planes groups ${formatConv(geometry)} ${epilogueKey(epilogue)} ${engineKey(engine)}`,
    operands,
    units: s.images * s.groups * perGroup * s.parts,
    scratchBytes: 0,
    emit(scope) {
      const functions = s.blocks.map(({ size }, i) =>
        rowsFunction(scope.within(`Rows${i}`), { s, size, epilogue }),
      );
      return unitFunction(scope, operands, (f, p, unit) => {
        const [block, part] = divide(f, unit, s.parts);
        const [plane, inGroup] = divide(f, block, perGroup);
        const cases = s.blocks.map(({ first, firstBlock, size, times }, i) => ({
          end: firstBlock + times,
          body() {
            const inBlock = affine([affine(inGroup, -firstBlock), size], first);
            const args = argumentsAt({ f, p, s, epilogue }, { plane, out: f.keep(inBlock, 'out'), part });
            f.run(f.call(functions[i], args));
          },
        }));
        inCase(f, inGroup, cases);
      });
    },
  };
}

interface Site extends CodeSite<GroupedShape> {
  readonly epilogue: Epilogue;
}

/** `plane`: number of image and group; `out`: a block's first channel in the group; `part`: of the rows. */
type UnitPlace = Pointers<'plane' | 'out' | 'part'>;

function argumentsAt({ f, p, s, epilogue }: Site, { plane, out, part }: UnitPlace) {
  const bytes = (count: Code<'i32'>, floats: number) => affine([count, floats * floatBytes]);
  const [, group] = divide(f, plane, s.groups);
  const channel = f.keep(affine([group, s.outs], out), 'channel');
  const planeOut = f.keep(affine([plane, s.outs], out), 'planeOut');
  const bound = (k: Code<'i32'>) => i32.divU(affine([k, s.rows.results]), s.parts);
  return {
    ...laneArguments(epilogue, (name, kind) =>
      kind === 'pixel' ? address(p[name], [p.result, -1]) : address(p[name], bytes(channel, 1)),
    ),
    source: address(p.source, bytes(plane, s.ins * s.sourcePlane)),
    w: address(p.w, bytes(channel, s.ins * s.rows.taps * s.columns.taps)),
    result: address(p.result, bytes(planeOut, s.resultPlane)),
    first: bound(part),
    last: bound(affine(part, 1)),
  };
}
