// What `npm run mutate` is told on its command line.

import { parseArgs } from 'node:util';

/** @typedef {{ files: string[], seconds: number, limit: number, seed: number, workers: number, lines: [from: number, to: number], list: boolean, report: string }} Options */

/** Where mutants are drawn from unless files are named. */
const usual = [
  'packages/neocog/src/{geometry,ops,program,autograd,optim,schedule,data,fit}/**',
  'packages/neocog/src/backends/*.ts',
  'packages/neocog/src/backends/wasm/{program,machine}/**',
  'packages/formats/src/{graph,onnx}/**',
];

export const usage = `npm run mutate -- [--files GLOB]… [--lines FROM-TO] [--limit N] [--seconds 3600] [--seed 1] [--workers 1]
                      [--report mutants.json] [--list]

  --files    the files to change, several times for several. Default:
${usual.map((glob) => `             ${glob}`).join('\n')}
  --lines    of each file, only these lines: 40-80
  --limit    at most so many mutants
  --seconds  ends after so many
  --seed     of the order in which mutants are drawn
  --workers  mutants at a time
  --report   the file for all outcomes
  --list     lists the mutants, and runs none`;

/** @param {readonly string[]} args @returns {Options | 'help'} @throws Error that says which option is wrong, with what it takes. */
export function readOptions(args) {
  const text = /** @type {const} */ ({ type: 'string' });
  const flag = /** @type {const} */ ({ type: 'boolean', default: false });
  const { values } = parseArgs({
    args: [...args],
    options: {
      files: { ...text, multiple: true, default: usual },
      lines: text,
      limit: text,
      seconds: { ...text, default: '3600' },
      seed: { ...text, default: '1' },
      workers: { ...text, default: '1' },
      report: { ...text, default: 'mutants.json' },
      list: flag,
      help: flag,
    },
  });
  if (values.help) return 'help';
  return {
    files: values.files,
    lines: readLines(values.lines),
    limit: values.limit === undefined ? Number.POSITIVE_INFINITY : wholeNumber('limit', values.limit, 1),
    seconds: wholeNumber('seconds', values.seconds, 1),
    seed: wholeNumber('seed', values.seed, 0),
    workers: wholeNumber('workers', values.workers, 1),
    report: values.report,
    list: values.list,
  };
}

/** @param {string | undefined} lines @returns {[from: number, to: number]} */
function readLines(lines) {
  if (lines === undefined) return [1, Number.POSITIVE_INFINITY];
  const [, from, to] = /^(\d+)-(\d+)$/.exec(lines) ?? [];
  if (from !== undefined && Number(from) <= Number(to)) return [Number(from), Number(to)];
  throw new Error(`--lines ${lines}: two line numbers are needed, such as 40-80`);
}

/** @param {string} name @param {string} text @param {number} least */
function wholeNumber(name, text, least) {
  const n = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(n) && n >= least) return n;
  throw new Error(`--${name} ${text}: a whole number from ${least} is needed`);
}
