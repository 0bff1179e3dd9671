// `neocog view`: what a network makes of a picture, as a page that needs nothing else.

import { basename } from 'node:path';
import { loadFile } from '@neocog/formats';
import type { Command } from 'commander';
import { writeWhole } from '../files.ts';
import { wholeNumber } from '../options.ts';
import type { RunWords } from '../run/imported.ts';
import { addPictureOptions, checkPictureWords } from '../run/pictureWords.ts';
import { needNetwork, networkOf, type SubjectOptions } from '../subject.ts';
import { version } from '../version.ts';
import { type InsightWords, insightsOf } from '../view/insights.ts';
import { viewPage } from '../view/page.ts';
import { seenOf } from '../view/seen.ts';

type ViewWords = RunWords & SubjectOptions & InsightWords & { readonly output: string };

/** Adds the command to the program. */
export function addView(program: Command): void {
  const command = program
    .command('view')
    .summary('show what a network makes of a picture, as a page')
    .description(
      'Writes a page that shows what a network makes of a picture: its answer, where it looks (Grad-CAM, occlusion), what a cell ' +
        'of a layer sees, feature maps, and every layer with its shapes, work and values. The page is one file, without scripts. ' +
        'Files and how pictures become input are as for neocog run.',
    )
    .argument(
      '<file>',
      'a network of any format that neocog inspect reads, or weights for one of the library',
    )
    .argument('<image>', 'the picture (PNG, JPEG, WebP)')
    .requiredOption('-o, --output <file>', 'the page to write, such as view.html')
    .option('--layer <path>', 'show this layer, rather than four from the first to the last')
    .option('--class <n>', 'explain this class, rather than the likeliest', wholeNumber(0));
  addPictureOptions(command).action(view);
}

async function view(path: string, image: string, words: ViewWords): Promise<void> {
  checkPictureWords(words);
  const file = await loadFile(path, { within: words.within });
  const network = needNetwork(path, networkOf(file, words));
  const seen = await seenOf({ path, file, network }, image, words);
  const insights = insightsOf(seen, words);
  const names = { network: basename(path), image: basename(image) };
  await writeWhole(words.output, await viewPage({ ...names, picture: seen.picture, insights, version }));
  process.stdout.write(`page: ${words.output}\n`);
}
