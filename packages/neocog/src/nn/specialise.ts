// Layers that are one class but for a number, made for each rank. The class itself is declared, and documented, where this
// is called: `class MaxPool2d extends specialise(Pool, …) {}`.

/** A class as another one whose constructor's first argument is settled. */
/* @__NO_SIDE_EFFECTS__ */
export function specialise<First, Rest extends unknown[], T>(
  made: abstract new (first: First, ...rest: Rest) => T,
  first: First,
): new (
  ...rest: Rest
) => T {
  // What is abstract in types is whole here: a layer's own class adds nothing but its name.
  const Made = made as unknown as new (first: First, ...rest: Rest) => object;
  return class extends Made {
    constructor(...rest: Rest) {
      super(first, ...rest);
    }
  } as new (
    ...rest: Rest
  ) => T;
}
