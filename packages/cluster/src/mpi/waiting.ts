// Waiting for other processes: first by looking again and again, then asleep for ever longer, then so that timers and signals of
// this process come through. A process that waits leaves its processor to those that compute.

/** Milliseconds of looking without a pause: about what it costs to be woken. */
const looking = 0.1;
/** Milliseconds of one sleep, at first and at most. */
const [firstSleep, longestSleep] = [0.05, 1];
/** Milliseconds after which the process does other things in between. */
const patience = 20;

const nobody = new Int32Array(new SharedArrayBuffer(4));

/** Resolves once `isDone` says so. */
export async function waitUntil(isDone: () => boolean): Promise<void> {
  const began = performance.now();
  let sleep = firstSleep;
  while (!isDone()) {
    const waited = performance.now() - began;
    if (waited < looking) continue;
    Atomics.wait(nobody, 0, 0, sleep);
    sleep = Math.min(longestSleep, sleep * 1.25);
    if (waited > patience) await new Promise((resolve) => setImmediate(resolve));
  }
}
