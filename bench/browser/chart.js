// The results of pages as an SVG: for each network a point of every engine on axes of milliseconds, which are logarithmic.

import { writeFileSync } from 'node:fs';
import * as vega from 'vega';
import * as vegaLite from 'vega-lite';
import { pages } from './run.js';

const columns = {
  firstCold: 'first result, new profile',
  firstWarm: 'first result, later visits',
  ms: 'a run',
};

/** @param {{ machine: Record<string, any>, rows: Record<string, any>[] }} results @param {string} target */
export async function drawBrowser({ machine, rows }, target) {
  const values = rows
    .filter(({ ms, isolated, threads }) => ms && isolated && threads === 1)
    .flatMap((row) =>
      Object.entries(columns).map(([key, what]) => ({
        case: row.case,
        engine: pages[row.engine].title,
        what,
        ms: row[key],
      })),
    );
  const series = {
    field: 'engine',
    type: 'nominal',
    title: null,
    scale: { domain: Object.values(pages).map(({ title }) => title) },
  };
  const chart = {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    background: 'white',
    title: {
      text: `Chromium, one thread, ${machine.processor}, ${machine.date}`,
      fontWeight: 'normal',
      anchor: 'start',
    },
    data: { values },
    facet: { column: { field: 'what', title: null, sort: Object.values(columns) } },
    resolve: { scale: { x: 'independent' } },
    spec: {
      width: 220,
      height: { step: 26 },
      mark: { type: 'point', filled: true, size: 70, opacity: 0.9 },
      encoding: {
        y: { field: 'case', type: 'nominal', sort: null, title: null, axis: { grid: true } },
        x: {
          field: 'ms',
          type: 'quantitative',
          scale: { type: 'log' },
          title: 'milliseconds (median)',
          axis: { tickCount: 4 },
        },
        color: series,
        shape: series,
      },
    },
  };
  const compiled = vegaLite.compile(/** @type {any} */ (chart)).spec;
  writeFileSync(target, await new vega.View(vega.parse(compiled), { renderer: 'none' }).toSVG());
}
