// docs/options.md is made of what the functions themselves say: which options they have, when they meet one that they do
// not know, and what each takes, when it is given a symbol (`npx vitest run --project node options-docs --update` renews it).

import * as audio from '@neocog/audio';
import * as cluster from '@neocog/cluster';
import * as formats from '@neocog/formats';
import * as vision from '@neocog/vision';
import * as neocog from 'neocog';
import { describe, expect, it } from 'vitest';
import { formatSamples, librarySamples, type Sample } from './arguments.samples.ts';
import { callable, optionsOf, optionsPlace, takesOf } from './arguments.ts';
import { audioSamples } from './audio.samples.ts';
import { clusterSamples } from './cluster.samples.ts';
import { visionSamples } from './vision.samples.ts';

const heading = `# Options

This page lists the options of every function and what each takes, in the words of its errors. \`undefined\` means that an option
is not given; \`null\` is refused unless it is listed. The doc comment of an option, which editors show where you write it, says what
it does and states its default.

All functions refuse in the same way: \`conv2d: option 'strides' is unknown; choose from …\`, and
\`conv2d: stride is NaN; give a whole number of at least 1, or a list [height, width] of them\`. Each error is a
\`ShapeError\`, which is a \`NeocogError\`. Options without words are checked where they are used.
`;

/** Rows of a table; what has several lines or bars would break it. */
const rowOf = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

async function tableOf(space: object, name: string, sample: Sample): Promise<string | null> {
  const call = callable(space, name, sample);
  const options = await optionsOf(call, sample);
  if (!options) return null;
  const rows = await Promise.all(
    options.map(async (option) => rowOf([`\`${option}\``, (await takesOf(call, sample, option)) ?? ''])),
  );
  return ['| option | takes |', '| --- | --- |', ...rows].join('\n');
}

/** Functions with the same options share a table. */
async function sectionsOf(space: object, samples: Readonly<Record<string, Sample>>): Promise<string[]> {
  const byTable = new Map<string, string[]>();
  for (const [name, sample] of Object.entries(samples).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const table = optionsPlace(sample) === null ? null : await tableOf(space, name, sample);
    if (table) byTable.set(table, [...(byTable.get(table) ?? []), `\`${name}\``]);
  }
  return [...byTable].map(([table, names]) => `**${names.join(', ')}**\n\n${table}`);
}

describe('docs/options.md', () => {
  it('says what the functions say', async () => {
    const library = await sectionsOf(neocog, librarySamples);
    const files = await sectionsOf(formats, formatSamples);
    const pictures = await sectionsOf(vision, visionSamples);
    const sounds = await sectionsOf(audio, audioSamples);
    const jobs = await sectionsOf(cluster, clusterSamples);
    const text = [
      heading,
      '## neocog\n',
      ...library.map((part) => `${part}\n`),
      '## @neocog/formats\n',
      ...files.map((part) => `${part}\n`),
      '## @neocog/vision\n',
      ...pictures.map((part) => `${part}\n`),
      '## @neocog/audio\n',
      ...sounds.map((part) => `${part}\n`),
      '## @neocog/cluster\n',
      ...jobs.map((part) => `${part}\n`),
    ].join('\n');
    await expect(text).toMatchFileSnapshot('../docs/options.md');
  });
});
