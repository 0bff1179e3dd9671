// Fused loops.

import { product } from '../../../geometry/window.ts';
import type { FusedWork, Values } from '../../work.ts';
import { keptAxes } from '../../workParts.ts';
import { map, stepsOfMap } from './map.ts';
import { carryOut } from './routine.ts';

/** See `FusedLoop`. */
export function fused(work: FusedWork, inputs: readonly Values[]): Values[] {
  const steps = stepsOfMap(work.loop);
  const cells = product(keptAxes(work.loop));
  if (steps && cells > 0) return [map({ expr: work.loop.expr, cells, steps, inputs })];
  // An array that is given twice is copied once.
  const distinct = [...new Set(inputs)];
  return carryOut(
    work,
    distinct,
    inputs.map((values) => distinct.indexOf(values)),
  );
}
