// Answers side by side: equal, or within a stated distance. Two NaN are equal, and so are 0 and −0.

import type { Tensor } from '../../packages/neocog/src/index.ts';
import { Disagreement } from './kind.ts';

type Answers = Readonly<Record<string, Tensor>>;

/** The largest deviation that is allowed for a value that should be `want`, within the tensor named. */
export type Allowed = (want: number, name: string) => number;

export const nothing: Allowed = () => 0;

const show = (shape: readonly number[]): string => `[${shape.join(',')}]`;

/** @throws Disagreement that names the tensor, the place and both values. */
export function expectAnswers(got: Answers, want: Answers, allowed: Allowed): void {
  for (const [name, judge] of Object.entries(want)) {
    const answer = got[name];
    if (!answer) throw new Disagreement(`${name} is missing`);
    if (show(answer.shape) !== show(judge.shape))
      throw new Disagreement(`${name} has shape ${show(answer.shape)}, not ${show(judge.shape)}`);
    expectValues(name, answer, judge, allowed);
  }
}

function expectValues(name: string, got: Tensor, want: Tensor, allowed: Allowed): void {
  for (let i = 0; i < want.size; i++) {
    const [a, b] = [got.data[i] as number, want.data[i] as number];
    if (a === b || Math.abs(a - b) <= allowed(b, name) || (Number.isNaN(a) && Number.isNaN(b))) continue;
    throw new Disagreement(`${name} at ${i} of ${show(want.shape)} is ${a}, not ${b}`);
  }
}

/** The largest magnitude of a tensor. */
export const largest = (t: Tensor): number =>
  (t.data as Float32Array).reduce((most, v) => Math.max(most, Math.abs(v)), 0);
