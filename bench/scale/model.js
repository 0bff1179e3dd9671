// How long a training step of many ranks takes: a model with few numbers, all of them measured with one or two ranks. A rank computes; its
// gradients leave as messages while the way back is computed; each message is summed by halves that halve again, and back (Thakur,
// Rabenseifner and Gropp, 2005), in 2·log₂ p rounds of α, and sends 2·(p − 1)/p times its bytes; the processor has some part in each byte, which
// nothing hides; and ranks that take the same time on average wait for the slowest.
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
 * @property {number} perByte 1/β, milliseconds in which a byte leaves and is added
 * @property {number} handling of these the processor's
 * @property {number} waiting milliseconds of a step in which ranks wait for the slowest
 * @property {number} [cores] that all ranks share; without it each has its own
 */

/**
 * @typedef {object} Step
 * @property {number} computing milliseconds
 * @property {number} handling milliseconds of the processor for what travels
 * @property {number} exposed milliseconds in which there is nothing to do but wait for messages
 * @property {number} whole their sum, and `waiting`
 */

/** Bytes that leave a rank in a sum of so many. @param {number} bytes @param {number} ranks */
export const travelling = (bytes, ranks) => (2 * (ranks - 1) * bytes) / ranks;

/** How many ranks take turns on a core. @param {number} ranks @param {Machine} machine */
const turnsOf = (ranks, { cores = Number.POSITIVE_INFINITY }) => Math.max(1, ranks / cores);

/** Milliseconds of a sum alone. @param {number} bytes @param {number} ranks @param {Machine} machine */
export function sumTime(bytes, ranks, machine) {
  const { latency, perByte, handling } = machine;
  const byte = perByte + (turnsOf(ranks, machine) - 1) * handling;
  return 2 * Math.ceil(Math.log2(ranks)) * latency + travelling(bytes, ranks) * byte;
}

/**
 * A step.
 *
 * @param {{ readonly ranks: number, readonly batch: number }} job `batch` samples a rank
 * @param {Machine} machine
 * @returns {Step}
 */
export function predictStep({ ranks, batch }, machine) {
  const { compute, messages, handling, waiting } = machine;
  const turns = turnsOf(ranks, machine);
  const computing = turns * (compute[0] + compute[1] * batch);
  const last = messages.at(-1)?.at ?? 1;
  /** Of the processor, so far. */
  let busy = 0;
  /** When the wire is free again. */
  let free = 0;
  for (const { bytes, at } of messages) {
    free = Math.max(free, at * computing + busy) + sumTime(bytes, ranks, machine);
    busy += turns * handling * travelling(bytes, ranks);
  }
  const exposed = ranks === 1 ? 0 : Math.max(0, free - (last * computing + busy));
  const whole = computing + busy + exposed + (ranks === 1 ? 0 : waiting);
  return { computing, handling: busy, exposed, whole };
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

/**
 * What rank.js says of a run.
 *
 * @typedef {object} Measured
 * @property {number} ranks
 * @property {number} batch samples of a rank
 * @property {number} alone milliseconds of a step without exchange, all ranks at once
 * @property {number} fastest the least of these
 * @property {number} joint with it
 * @property {number} exchange of the exchange without a step
 * @property {number} inCalls of the first rank in calls of MPI, in a step
 * @property {readonly (readonly [number, number])[]} rings bytes of a message, and milliseconds
 * @property {readonly { readonly bytes: number, readonly ms: number }[]} messages what leaves in a step, and when
 */

/** @param {readonly number[]} values */
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * The machine as runs of one rank and of two show it. How a step grows with its samples is told by the fastest steps of one rank,
 * which nothing has disturbed; two that compute at once slow each other down, by the memory that they share.
 *
 * @param {readonly Measured[]} single
 * @param {readonly Measured[]} pairs
 * @param {{ readonly cores: number }} known
 * @returns {Machine}
 */
export function fitMachine(single, pairs, known) {
  const [start, each] = fitLine(single.map(({ batch, fastest }) => [batch, fastest]));
  const slower = mean(pairs.map(({ alone, batch }) => alone / (start + each * batch)));
  // With two ranks a message takes two rounds, and each of its bytes leaves once.
  const [rounds, perByte] = fitLine(pairs.flatMap(({ rings }) => rings));
  const [{ alone, inCalls, messages: sent }] = pairs;
  const messages = sent.map(({ bytes, ms }) => ({ bytes, at: Math.min(1, ms / (alone + inCalls)) }));
  const bytes = sent.reduce((sum, message) => sum + message.bytes, 0);
  const handling = Math.min(perByte, mean(pairs.map((pair) => pair.inCalls)) / bytes);
  const compute = /** @type {const} */ ([slower * start, slower * each]);
  const machine = { compute, messages, latency: rounds / 2, perByte, handling, waiting: 0, ...known };
  const left = pairs.map((pair) => pair.joint - predictStep(pair, machine).whole);
  return { ...machine, waiting: Math.max(0, mean(left)) };
}
