// One rank that does everything a world can do, and prints what came of it.

import { mpi } from '../../src/index.ts';

const world = await mpi();
const { rank, size } = world;

const report: Record<string, unknown> = { size, carrier: world.carrier };

const large = new Float32Array(
  new WebAssembly.Memory({ initial: 64, maximum: 64, shared: true }).buffer,
  64,
  1e6,
);
large.fill(rank + 1);
const sums = [large.subarray(0, 400_000), large.subarray(400_000)].map((values) => world.beginSum(values));
const small = Float32Array.of(rank, 10 * rank, 0.1);
const last = world.beginSum(small);
for (let i = 0; i < 100; i++) world.advance();
await last.wait();
for (const sum of sums) await sum.wait();
report.sums = [large[0], large[399_999], large[400_000], large[999_999], large.every((v) => v === large[0])];
report.small = [...small];

// Fewer values than ranks, as many, and more.
const right: number[] = [];
for (let length = 1; length <= 9; length++) {
  const values = Float32Array.from({ length }, (_, i) => (rank + 1) * (i + 1));
  await world.beginSum(values).wait();
  if (values.every((v, i) => v === ((i + 1) * size * (size + 1)) / 2)) right.push(length);
}
report.right = right;

const means = [Float32Array.of(rank), Float32Array.of(2 * rank, 1)];
await world.average(means);
report.means = means.map((values) => [...values]);

const given = [Float32Array.of(rank, rank), Int32Array.of(rank + 7)];
await world.broadcast(given, size - 1);
report.broadcast = given.map((values) => [...values]);

await world.barrier();

const halves = Float32Array.of(1 / 3, 1000 + rank, 1e-3, -(2 ** -24), 70000, 5, 6);
const first = world.beginSum(halves, { compress: 'float16' });
const second = world.beginSum(Float32Array.of(1), { compress: 'float16' });
await second.wait();
await first.wait();
report.float16 = [...halves];

const values = Float32Array.of(5, -1, rank === 0 ? 9 : 0, 2, 1, 0, 0, 0);
const topK: number[][] = [];
for (let i = 0; i < 3; i++) {
  if (i > 0) values.fill(0);
  await world.beginSum(values, { compress: { topK: 0.25 } }).wait();
  topK.push([...values]);
}
report.topK = topK;
report.refused = await world.broadcast(small, size).catch((error: Error) => error.message);
report.same = (await mpi()) === world;
await world.finish();
report.over = await world.barrier().catch((error: Error) => error.message);
process.stdout.write(`${rank} ${JSON.stringify(report)}\n`);
