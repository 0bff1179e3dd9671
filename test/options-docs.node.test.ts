// docs/options.md is made of what the functions themselves say: which options they have, when they meet one that they do
// not know, and what each takes, when it is given a symbol (`npx vitest run --project node options-docs --update` renews it).

import * as formats from '@neocog/formats';
import * as neocog from 'neocog';
import { describe, expect, it } from 'vitest';
import { formatSamples, librarySamples, type Sample } from './arguments.samples.ts';
import { callable, optionsOf, optionsPlace, takesOf } from './arguments.ts';

const heading = `# Options

What every function takes as options, in the words of its errors. \`undefined\` is an option that is not given; \`null\` is
refused except where it stands here. What an option does, and what it is if not given, its type says where you write it.

All functions refuse alike: \`conv2d: option 'strides' is unknown; there are …\`, and
\`conv2d: stride is NaN; give a whole number of at least 1, or a list of 2 of them (height, width)\`. Each is a
\`ShapeError\`, which is a \`NeocogError\`. What stands here without words is checked where it is used.
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
    const text = [
      heading,
      '## neocog\n',
      ...library.map((part) => `${part}\n`),
      '## @neocog/formats\n',
      ...files.map((part) => `${part}\n`),
    ].join('\n');
    await expect(text).toMatchFileSnapshot('../docs/options.md');
  });
});
