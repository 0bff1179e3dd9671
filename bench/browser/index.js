// `node bench/run.js browser`: a table, `results/browser.json`, and a chart of it. Options are those of run.js.

import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machine } from '../report.js';
import { drawBrowser } from './chart.js';
import { measureBrowser, pages, printBrowserTable, summariseBrowser } from './run.js';

/**
 * Gives the exit status.
 *
 * @param {{ only: string[], engines?: string | undefined, threads: string, quick: boolean }} options
 */
async function benchBrowser({ only, engines, threads, quick }) {
  const names = engines?.split(',') ?? Object.keys(pages);
  const stranger = names.find((name) => !Object.hasOwn(pages, name));
  if (stranger !== undefined) {
    process.stderr.write(`there is no engine ${stranger} in a page, only ${Object.keys(pages).join(', ')}\n`);
    return 1;
  }
  const rows = await measureBrowser({ only, engines: names, threads: threads.split(',').map(Number), quick });
  if (rows.length === 0) {
    process.stderr.write('nothing to measure; the cases are those of `networks` but ResNeXt-50\n');
    return 1;
  }
  printBrowserTable(rows);
  const on = machine();
  const folder = fileURLToPath(new URL('../results/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  const results = { kind: 'browser', machine: on, rows: rows.map((row) => summariseBrowser(row, on.date)) };
  writeFileSync(`${folder}browser.json`, `${JSON.stringify(results, null, 1)}\n`);
  await drawBrowser(results, `${folder}browser.svg`);
  return 0;
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [''] },
    engines: { type: 'string' },
    threads: { type: 'string', default: '1,2' },
    quick: { type: 'boolean', default: false },
  },
});
process.exitCode = await benchBrowser(values);
