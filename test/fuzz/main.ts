// `npm run fuzz`: random cases of every kind for as long as wanted, each kind in turn. What fails is shrunk and printed as a row of
// the tests. The same seed draws the same cases, whatever the machine's speed; the time decides how many of them.

import { type Finding, runBatch } from './batch.ts';
import { readOptions, usage } from './options.ts';

/** Code and memory of programs add up in a process, so that processes are short. */
const longestBatch = { cases: 2000, seconds: 30 };
/** Findings of one kind after which it is not tried any more: mend those first. */
const enoughFindings = 5;
/** Every fourth batch of a kind runs with wide SIMD. */
const wideTurn = 4;

interface Tally {
  cases: number;
  findings: number;
  /** The number of the next case, and of the next batch. */
  next: number;
  batches: number;
}

class Fuzzing {
  readonly tallies: ReadonlyMap<string, Tally>;
  readonly #seed: number;
  readonly #end: number;
  readonly #share: number;
  #turn = 0;
  #shown = performance.now();

  constructor(seed: number, names: readonly string[], seconds: number) {
    this.tallies = new Map(names.map((name) => [name, { cases: 0, findings: 0, next: 0, batches: 0 }]));
    this.#seed = seed;
    this.#end = performance.now() + seconds * 1000;
    this.#share = Math.min(longestBatch.seconds, seconds / names.length / 2);
  }

  /** Batches, one after the other, until time is up. */
  async work(): Promise<void> {
    for (let name = this.#nextName(); name !== null; name = this.#nextName()) await this.#batch(name);
  }

  #nextName(): string | null {
    const going = [...this.tallies].filter(([, tally]) => tally.findings < enoughFindings);
    if (performance.now() >= this.#end || going.length === 0) return null;
    return going[this.#turn++ % going.length]?.[0] ?? null;
  }

  async #batch(name: string): Promise<void> {
    const tally = this.tallies.get(name) as Tally;
    const first = tally.next;
    tally.next += longestBatch.cases;
    const wide = ++tally.batches % wideTurn === 0;
    const seconds = Math.max(1, Math.min(this.#share, (this.#end - performance.now()) / 1000));
    const batch = { name, seed: this.#seed, first, count: longestBatch.cases, seconds, wide };
    const { done, finding } = await runBatch(batch);
    tally.cases += done;
    if (finding) {
      tally.findings++;
      report(finding);
    }
    this.#progress();
  }

  /** A line now and then. */
  #progress(): void {
    const now = performance.now();
    if (now - this.#shown < 15_000) return;
    this.#shown = now;
    const left = Math.max(0, Math.round((this.#end - now) / 1000));
    const counts = [...this.tallies].map(([name, { cases }]) => `${name} ${cases}`);
    console.log(`${counts.join(' · ')} · ${left} s left`);
  }
}

/** What is wrong, how to see it again, and the smallest case as a row of `test/fuzz/found.ts`. */
function report({ batch, at, fault, smallest }: Finding): void {
  console.log(`\n✗ ${batch.name}, case ${at}${batch.wide ? ', wide SIMD' : ''}: ${fault}\n`);
  console.log(`again: npm run fuzz -- --seed ${batch.seed} --kind ${batch.name} --case ${at}`);
  if (smallest !== null)
    console.log(
      `as a test, a row of test/fuzz/found.ts:\n\n  ['${batch.name}', ${JSON.stringify(smallest)}],\n`,
    );
}

/** One case again, with and without wide SIMD. */
async function runOnly(name: string, seed: number, first: number): Promise<boolean> {
  let good = true;
  for (const wide of [false, true]) {
    const { finding } = await runBatch({ name, seed, first, count: 1, seconds: 600, wide });
    if (finding) report(finding);
    good &&= !finding;
  }
  return good;
}

async function main(): Promise<boolean> {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') {
    console.log(usage);
    return true;
  }
  const { seconds, seed, names, jobs, only } = options;
  if (only !== null) return runOnly(names[0] as string, seed, only);
  console.log(`seed ${seed}, ${seconds} s, ${jobs} at a time`);
  const fuzzing = new Fuzzing(seed, names, seconds);
  await Promise.all(Array.from({ length: jobs }, () => fuzzing.work()));
  const rows = [...fuzzing.tallies];
  for (const [name, { cases, findings }] of rows)
    console.log(`${name.padEnd(12)}${cases} cases, ${findings} failed`);
  // A kind of which nothing ran has not passed.
  const passed = rows.filter(([, { cases, findings }]) => cases > 0 && findings === 0).length;
  return passed === rows.length;
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  console.error(`fuzz: ${error instanceof Error ? error.message : error}\n\n${usage}`);
  process.exitCode = 2;
}
