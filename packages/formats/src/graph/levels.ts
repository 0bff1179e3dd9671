// Where the steps of a network run: on even levels in programs, on odd ones on the host. A level reads only what lower ones, and
// steps before on its own, have made. Steps that can be recorded go to the host too where they are cheap and read what the host
// has, so that a program is worth its call.

import { readsOf, type Scope, type Step } from './block.ts';
import { isFixed, type Survey, type Surveyed } from './survey.ts';

/** Steps that are carried out together. */
export interface Level {
  /** Whether they are a program. */
  readonly compiled: boolean;
  /** Indices of steps, in their order. */
  readonly steps: readonly number[];
}

/** The steps of a block by levels, without those whose results are the same in every run. */
export function levelsOf({ survey, isHeavy }: Surveyed, isOutermost: boolean): Level[] {
  const fromInputs = isOutermost ? place(survey, isHeavy, 0) : [];
  const beginsHeavy = survey.steps.some(({ step }, i) => fromInputs[i] === 0 && isHeavy(step));
  const levels = beginsHeavy ? fromInputs : place(survey, isHeavy, 1);
  joinForerunners(survey, levels);
  const indices = [...new Set(levels)].filter((level) => level >= 0).sort((a, b) => a - b);
  return indices.map((level) => ({
    compiled: level % 2 === 0,
    steps: levels.flatMap((own, i) => (own === level ? [i] : [])),
  }));
}

/** Per step its level, or −1 for one whose results are fixed; `inputs` is the level of what comes from outside. */
function place({ steps, values }: Survey, isHeavy: (step: Step) => boolean, inputs: number): number[] {
  const levels = new Map<string, number>();
  const levelOf = (name: string): number => (isFixed(values.get(name)) ? 0 : (levels.get(name) ?? inputs));
  return steps.map(({ step, records }) => {
    if (records && resultsOf(step, values).length === 0) return -1;
    const reads = readsOf(step).filter((name) => name !== '');
    const below = reads.reduce((most, name) => Math.max(most, levelOf(name)), inputs);
    const level = nextLevel(below, records, isHeavy(step));
    for (const name of step.outputs) levels.set(name, level);
    return level;
  });
}

/** The results of a step that are not the same in every run. */
const resultsOf = ({ outputs }: Step, values: Scope): string[] =>
  outputs.filter((name) => name !== '' && !isFixed(values.get(name)));

function nextLevel(below: number, records: boolean, isHeavy: boolean): number {
  const isOnHost = below % 2 === 1;
  if (records) return isOnHost && isHeavy ? below + 1 : below;
  return isOnHost ? below : below + 1;
}

/** Cheap steps on the host whose results only the next program reads become part of it. */
function joinForerunners({ block, steps, values }: Survey, levels: number[]): void {
  const readers = new Map<string, Set<number>>();
  steps.forEach(({ step }, i) => {
    for (const name of readsOf(step)) readers.set(name, (readers.get(name) ?? new Set()).add(i));
  });
  for (let i = steps.length - 1; i >= 0; i--) {
    const { step, records } = steps[i];
    if (!records || levels[i] % 2 !== 1) continue;
    const results = resultsOf(step, values);
    const after = results.flatMap((name) => [...(readers.get(name) ?? [])]).map((reader) => levels[reader]);
    const needed = new Set(after.filter((level) => level >= 0));
    const comesOut = results.some((name) => block.outputs.includes(name));
    if (!comesOut && needed.size === 1 && needed.has(levels[i] + 1)) levels[i]++;
  }
}
