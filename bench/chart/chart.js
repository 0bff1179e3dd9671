// A file of results as an SVG beside it: `node bench/chart/chart.js bench/results/networks.json`. One point per engine and
// case; the axis of milliseconds is logarithmic, so equal distances are equal ratios.

import { readFileSync, writeFileSync } from 'node:fs';
import * as vega from 'vega';
import * as vegaLite from 'vega-lite';
import { engines } from '../processes.js';

const file = process.argv[2];
const { machine, rows } = JSON.parse(readFileSync(file, 'utf8'));
const values = rows
  .filter(({ ms }) => ms)
  .map((row) => ({
    case: row.case,
    ms: row.ms,
    engine: engines[row.engine].title,
    threads: `${row.threads} thread${row.threads === 1 ? '' : 's'}`,
  }));
const titles = Object.values(engines).map(({ title }) => title);
const used = titles.filter((title) => values.some(({ engine }) => engine === title));

/** The same for colour and shape, so that there is one legend. */
const series = {
  field: 'engine',
  type: 'nominal',
  title: null,
  scale: { domain: used },
  legend: { labelLimit: 240 },
};

const chart = {
  $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
  background: 'white',
  title: {
    text: `${machine.processor}, Node ${machine.node}, ${machine.date}`,
    fontWeight: 'normal',
    anchor: 'start',
  },
  data: { values },
  facet: { column: { field: 'threads', title: null } },
  spec: {
    width: 330,
    height: { step: 24 },
    mark: { type: 'point', filled: true, size: 70, opacity: 0.9 },
    encoding: {
      y: { field: 'case', type: 'nominal', sort: null, title: null, axis: { grid: true, labelLimit: 240 } },
      x: {
        field: 'ms',
        type: 'quantitative',
        scale: { type: 'log' },
        title: 'milliseconds (median)',
        axis: { tickCount: 5 },
      },
      color: series,
      shape: series,
    },
  },
};

const view = new vega.View(vega.parse(vegaLite.compile(chart).spec), { renderer: 'none' });
const target = file.replace(/\.json$/, '.svg');
writeFileSync(target, await view.toSVG());
process.stderr.write(`${target}\n`);
