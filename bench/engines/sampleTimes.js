// How long calls take, in Node and in pages.

/** Milliseconds of calls, for at least `ms`. */
export async function sampleTimes(run, ms) {
  const samples = [];
  const end = performance.now() + ms;
  do {
    const start = performance.now();
    await run();
    samples.push(performance.now() - start);
  } while (performance.now() < end);
  return samples;
}
