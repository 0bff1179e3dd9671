// Damaged files of every format: each loads and runs, or is refused with an error of the library, soon and within memory.

import { damaged, fuzzedFormats, largest, slowest } from '../../packages/formats/test/fuzz/index.ts';
import type { Generator } from '../../packages/neocog/src/index.ts';
import { pick } from './drawing.ts';
import { Disagreement, type FuzzKind } from './kind.ts';

interface FileCase {
  readonly format: string;
  /** In base64. */
  readonly bytes: string;
}

const toText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const toBytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));

/** The most memory that this process ever had, in bytes. */
const peak = (): number => process.resourceUsage().maxRSS * 1024;

/** Runs in bounded time, of this process alone, and bounded memory. */
async function bounded(body: () => Promise<unknown>): Promise<void> {
  const [start, held] = [process.cpuUsage(), process.memoryUsage().rss];
  const before = peak();
  await body();
  const { user, system } = process.cpuUsage(start);
  const milliseconds = (user + system) / 1000;
  if (milliseconds > slowest)
    throw new Disagreement(`it takes ${milliseconds.toFixed()} ms, more than ${slowest}`);
  const more = peak() - held;
  if (peak() > before && more > largest)
    throw new Disagreement(`it takes ${more} bytes, more than ${largest}`);
}

/** The bytes without each part of a cut into ever smaller parts. */
function* withoutParts(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let parts = 2; parts <= Math.min(64, bytes.length); parts *= 2) {
    const size = Math.ceil(bytes.length / parts);
    for (let from = 0; from < bytes.length; from += size)
      yield new Uint8Array(Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + size)]));
  }
}

export const files: FuzzKind<FileCase> = {
  name: 'files',
  about: 'damaged files of every format, loaded and run',
  draw(random: Generator) {
    const format = pick(random, fuzzedFormats);
    return { format: format.name, bytes: toText(damaged(format, random.integer(2 ** 30)).bytes) };
  },
  async check({ format, bytes }) {
    const kind = fuzzedFormats.find(({ name }) => name === format);
    if (!kind) throw new Error(`format '${format}' is unknown`);
    await bounded(() => kind.run(toBytes(bytes)));
  },
  *smaller(c) {
    for (const bytes of withoutParts(toBytes(c.bytes))) yield { ...c, bytes: toText(bytes) };
  },
};
