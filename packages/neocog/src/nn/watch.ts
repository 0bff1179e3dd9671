// Watching the parts of a module while it runs.

import type { Tensor } from '../tensor/tensor.ts';
import type { Module } from './module.ts';

/** A pass of one part of a module. */
export interface Pass {
  /** Path of the part, such as `layer1.0.conv1`. */
  readonly name: string;
  readonly part: Module;
  readonly x: Tensor;
  readonly forward: () => Tensor;
}

/** Runs the forward of a pass, and gives back its result. */
export type Around = (pass: Pass) => Tensor;

/** Runs every forward pass of every part through `around`, until the returned function is called. */
export function watchParts(module: Module, around: Around): () => void {
  const parts = new Map(module.namedModules().map(([name, part]) => [part, name]));
  for (const [part, name] of parts) {
    const forward = part.forward.bind(part);
    part.forward = (x) => around({ name, part, x, forward: () => forward(x) });
  }
  return () => {
    // The instance's own property hid the class's method.
    for (const part of parts.keys()) delete (part as { forward?: unknown }).forward;
  };
}

/** Runs `body` with the module in evaluation mode; afterwards each part is in the mode that it was in. */
export function inEvaluation<T>(module: Module, body: () => T): T {
  const restore = module.evalForNow();
  try {
    return body();
  } finally {
    restore();
  }
}
