// Pauses in long loops.

/** 50 ms: a progress bar looks alive, and the pauses (1 ms in Node, 4 ms in a browser) cost little. */
const breathEvery = 50;

/** Lets timers, signals and the screen have their turn when the last turn is long enough ago. */
export function makeBreather(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < breathEvery) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    last = performance.now();
  };
}
