// The results of a run as a table, and as a file with what they were measured on.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { median } from './measure.js';
import { engines } from './processes.js';

/**
 * @typedef {object} Row
 * @property {string} case
 * @property {string} engine
 * @property {string} version
 * @property {number} difference of its result, relative
 * @property {string | null} fails why it was not timed
 * @property {number[]} samples milliseconds
 * @property {number} [threads]
 * @property {number} [multiplyAdds]
 */

export const machine = () => ({
  processor: cpus()[0].model,
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.versions.node,
  date: new Date().toISOString().slice(0, 10),
});

/** @param {Row | undefined} row */
function cell(row) {
  if (!row) return '';
  if (row.samples.length === 0) return row.fails?.startsWith('wrong') ? 'wrong' : '–';
  const ms = median(row.samples);
  const text = ms < 10 ? ms.toFixed(2) : ms.toFixed(1);
  if (!row.multiplyAdds) return text;
  return `${text} (${((2 * row.multiplyAdds) / ms / 1e6).toPrecision(3)})`;
}

/** Medians in milliseconds and, in brackets, how fast a plain forward pass would have to be for that. @param {Row[]} rows */
export function printTable(rows) {
  const names = Object.keys(engines).filter((name) => rows.some(({ engine }) => engine === name));
  for (const threads of new Set(rows.map((row) => row.threads))) {
    const here = rows.filter((row) => row.threads === threads);
    console.log(
      `\n${threads} thread${threads === 1 ? '' : 's'}, median ms (GFLOP/s of the plain forward pass)\n`,
    );
    console.log(`| | ${names.map((name) => engines[name].title).join(' | ')} |`);
    console.log(`| --- |${' --- |'.repeat(names.length)}`);
    for (const each of new Set(here.map((row) => row.case))) {
      const cells = names.map((name) => cell(here.find((row) => row.case === each && row.engine === name)));
      console.log(`| ${each} | ${cells.join(' | ')} |`);
    }
  }
}

/** One line of the file: the same without every single sample. @param {Row} row @param {string} date */
function summarise({ samples, ...row }, date) {
  if (samples.length === 0) return { ...row, date };
  return { ...row, ms: median(samples), least: Math.min(...samples), count: samples.length, date };
}

/**
 * Writes `results/<kind>.json`. Cases that this run left out keep what an earlier run on the same machine found.
 *
 * @param {string} kind
 * @param {ReturnType<typeof machine>} on
 * @param {Row[]} rows
 * @param {string[]} order of the cases
 */
export function writeResults(kind, on, rows, order) {
  const file = fileURLToPath(new URL(`./results/${kind}.json`, import.meta.url));
  mkdirSync(new URL('./results/', import.meta.url), { recursive: true });
  const earlier = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { rows: [] };
  const same = earlier.machine?.processor === on.processor && earlier.machine?.node === on.node;
  const measured = new Set(rows.map((row) => `${row.case} ${row.threads}`));
  const kept = same
    ? earlier.rows.filter((/** @type {Row} */ row) => !measured.has(`${row.case} ${row.threads}`))
    : [];
  const all = [...kept, ...rows.map((row) => summarise(row, on.date))];
  all.sort((a, b) => order.indexOf(a.case) - order.indexOf(b.case));
  writeFileSync(file, `${JSON.stringify({ kind, machine: on, rows: all }, null, 1)}\n`);
  return file;
}
