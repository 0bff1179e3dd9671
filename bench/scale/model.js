// How long a training step of many ranks takes: a model with few numbers, all of them measured with one or two ranks. A rank computes; its
// gradients leave as messages while the way back is computed; each message goes round a ring (Patarasuk and Yuan, 2009), in 2(p − 1)
// rounds of α + bytes/(p·β); and each byte that goes costs the rank's own processor a while, which nothing hides.
//
// Not in the model: other traffic, machines of different speed, and that what is under way is looked after only between kernels.

/**
 * @typedef {object} Message
 * @property {number} bytes
 * @property {number} at where in a step of one rank it leaves, from 0 to 1
 */

/**
 * @typedef {object} Machine
 * @property {readonly [number, number]} compute milliseconds of a step on a core of its own: the first, and for each sample the second
 * @property {readonly Message[]} messages in their order
 * @property {number} latency α, milliseconds of a round
 * @property {number} bandwidth β, bytes in a millisecond; Infinity within one machine
 * @property {number} handling milliseconds of the processor for each byte that leaves
 * @property {number} [cores] that all ranks share; without it each has its own
 */

/**
 * @typedef {object} Step
 * @property {number} computing milliseconds
 * @property {number} handling milliseconds of the processor for what travels
 * @property {number} exposed milliseconds in which there is nothing to do but wait for messages
 * @property {number} whole their sum
 */

/** Bytes that leave a rank in a sum of so many over a ring. @param {number} bytes @param {number} ranks */
export const travelling = (bytes, ranks) => (2 * (ranks - 1) * bytes) / ranks;

/** Milliseconds of a sum on the wire. @param {number} bytes @param {number} ranks @param {Machine} machine */
export const ringTime = (bytes, ranks, { latency, bandwidth }) =>
  2 * (ranks - 1) * latency + travelling(bytes, ranks) / bandwidth;

/**
 * A step.
 *
 * @param {{ readonly ranks: number, readonly batch: number }} job `batch` samples a rank
 * @param {Machine} machine
 * @returns {Step}
 */
export function predictStep({ ranks, batch }, machine) {
  const { compute, messages, handling, cores = Number.POSITIVE_INFINITY } = machine;
  const shared = Math.max(1, ranks / cores);
  const computing = shared * (compute[0] + compute[1] * batch);
  const last = messages.at(-1)?.at ?? 1;
  /** Of the processor, so far. */
  let busy = 0;
  /** When the wire is free again. */
  let free = 0;
  for (const { bytes, at } of messages) {
    busy += shared * handling * travelling(bytes, ranks);
    free = Math.max(free, at * computing + busy) + ringTime(bytes, ranks, machine);
  }
  const exposed = ranks === 1 ? 0 : Math.max(0, free - (last * computing + busy));
  return { computing, handling: busy, exposed, whole: computing + busy + exposed };
}

/** Samples a millisecond, of all ranks. @param {{ readonly ranks: number, readonly batch: number }} job @param {Machine} machine */
export const throughput = (job, machine) => (job.ranks * job.batch) / predictStep(job, machine).whole;

/**
 * The most ranks that pay: at the last doubling that makes the job at least a quarter faster.
 *
 * @param {number} total samples of a step of all ranks
 * @param {Machine} machine
 * @param {number} [most]
 */
export function ranksThatPay(total, machine, most = 1024) {
  let ranks = 1;
  const whole = (/** @type {number} */ p) => predictStep({ ranks: p, batch: total / p }, machine).whole;
  while (ranks < most && whole(ranks) >= 1.25 * whole(2 * ranks)) ranks *= 2;
  return ranks;
}

/**
 * The line y = a + b·x with the least squares of relative errors; neither of a and b below 0.
 *
 * @param {readonly (readonly [number, number])[]} points x and y
 * @returns {[number, number]}
 */
export function fitLine(points) {
  let [s, sx, sxx, sy, sxy] = [0, 0, 0, 0, 0];
  for (const [x, y] of points) {
    const w = 1 / (y * y);
    s += w;
    sx += w * x;
    sxx += w * x * x;
    sy += w * y;
    sxy += w * x * y;
  }
  const slope = (s * sxy - sx * sy) / (s * sxx - sx * sx);
  if (slope < 0) return [sy / s, 0];
  const start = (sy - slope * sx) / s;
  return start < 0 ? [0, sxy / sxx] : [start, slope];
}
