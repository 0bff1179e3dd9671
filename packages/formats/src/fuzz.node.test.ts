// Files of every format, damaged at random from a fixed seed: each loads and runs, or is refused with a NeocogError, soon and
// without taking much memory. Hand-made cases are beside the readers. FUZZ_RUNS and FUZZ_SEED widen the search.

import { expect, it } from 'vitest';
import { damaged, fuzzedFormats, largest, slowest } from '../test/fuzz/index.ts';
import { detectFormat } from './detect.ts';

const runs = Number(process.env.FUZZ_RUNS ?? 500);
const seed = Number(process.env.FUZZ_SEED ?? 1);

it.each(fuzzedFormats.map((format) => [format.name, format] as const))(
  `loads or refuses ${runs} damaged files of %s`,
  { timeout: 120_000 + 100 * runs },
  async (_, format) => {
    const outcomes = { ok: 0, refused: 0 };
    for (let i = 0; i < runs; i++) {
      const { name, bytes } = damaged(format, seed * 1_000_000 + i);
      const before = process.cpuUsage();
      const outcome = await format.run(bytes).catch((cause) => {
        throw new Error(name, { cause });
      });
      // Of the processor: others may keep the machine busy.
      const { user, system } = process.cpuUsage(before);
      expect((user + system) / 1000, name).toBeLessThan(slowest);
      outcomes[outcome === 'ok' ? 'ok' : 'refused']++;
    }
    // Both must have been tried: damage that always or never shows tests nothing.
    expect(Math.min(outcomes.ok, outcomes.refused)).toBeGreaterThan(runs / 100);
    expect(1024 * process.resourceUsage().maxRSS).toBeLessThan(2 * largest);
  },
);

it('knows its own files by their bytes', () => {
  const [files] = [fuzzedFormats.filter(({ name }) => name !== 'tfjs')];
  for (const { seeds } of files) {
    for (const { name, bytes } of seeds) expect(detectFormat(bytes), name).toBeDefined();
  }
});
