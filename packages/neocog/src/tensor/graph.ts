// The record of how a value was computed, and the walk back through it (reverse-mode differentiation).
// Generic in the value, so that it knows nothing of shapes or arrays.

import { aFunction, need } from '../arguments/field.ts';

/** Where a value came from: its inputs, and per input a rule that turns the output's gradient into the input's. */
export interface GraphNode<T> {
  /** The operation: `conv`, `relu`, …. */
  readonly name: string;
  /** What the value was computed from. */
  readonly inputs: readonly T[];
  /** One for each input. */
  readonly rules: readonly GradientRule<T>[];
}

/** `null` where no gradient flows, for example to class labels. */
export type GradientRule<T> = ((gradient: T) => T) | null;

interface Recorded<T> {
  readonly requiresGrad: boolean;
  readonly node: GraphNode<T> | null;
}

/** Of the whole program, as `noGrad` covers all that a function calls; `withRecording` puts it back. */
let recording = true;

/** Whether operations remember how they were computed. */
export const isRecording = (): boolean => recording;

/** Runs `body` with the recording of operations on or off, and restores it also after an error. */
export function withRecording<R>(on: boolean, body: () => R): R {
  const before = recording;
  recording = on;
  try {
    return body();
  } finally {
    recording = before;
  }
}

/** Runs `body` without recording: nothing computed in it can be differentiated. `body` is synchronous. */
export function noGrad<R>(body: () => R): R {
  need('noGrad', 'body', body, aFunction);
  return withRecording(false, body);
}

/** Every value that `root` depends on through recorded operations, each before those that use it. Iterative: chains may be long. */
function topologicalOrder<T extends Recorded<T>>(root: T): T[] {
  const order: T[] = [];
  const visited = new Set<T>();
  const stack: { value: T; next: number }[] = [{ value: root, next: 0 }];
  visited.add(root);
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const child: T | undefined = top.value.node?.inputs[top.next++];
    if (child === undefined) {
      order.push(top.value);
      stack.pop();
    } else if (child.requiresGrad && !visited.has(child)) {
      visited.add(child);
      stack.push({ value: child, next: 0 });
    }
  }
  return order;
}

/** How a walk back adds the gradients of a value that was used twice, and which it keeps. */
interface Gathering<T> {
  readonly add: (a: T, b: T) => T;
  /** Values, other than leaves, whose gradient is wanted as well. */
  readonly keep?: ReadonlySet<T>;
}

/** Gradients of `root` by every leaf it depends on, given the gradient of `root` itself. */
export function reverseWalk<T extends Recorded<T>>(
  root: T,
  seed: T,
  { add, keep = new Set() }: Gathering<T>,
): Map<T, T> {
  const gradients = new Map<T, T>([[root, seed]]);
  for (const value of topologicalOrder(root).reverse()) {
    const gradient = gradients.get(value);
    if (!value.node || !gradient) continue;
    value.node.inputs.forEach((input, i) => {
      const rule = value.node?.rules[i];
      if (!rule || !input.requiresGrad) return;
      const part = rule(gradient);
      const before = gradients.get(input);
      gradients.set(input, before ? add(before, part) : part);
    });
    if (!keep.has(value)) gradients.delete(value);
  }
  return gradients;
}
