// The plan of scale.json as an SVG beside it: `node bench/scale/chart.js bench/results/scale.json`. How many times as fast as one rank so many
// are; both axes are logarithmic.

import { readFileSync, writeFileSync } from 'node:fs';
import * as vega from 'vega';
import * as vegaLite from 'vega-lite';

const file = process.argv[2];
const { machine, plan } = JSON.parse(readFileSync(file, 'utf8'));
const values = plan.map(({ network, kind, ...rest }) => ({
  ...rest,
  series: `${network} Gbit/s, ${kind === 'weak' ? 'a batch for each rank' : `${kind} a step`}`,
}));
const ideal = [1, 1024].map((ranks) => ({ ranks, speedup: ranks }));
const axis = (/** @type {string} */ title) => ({
  type: 'quantitative',
  scale: { type: 'log', base: 2 },
  title,
  axis: { tickCount: 10 },
});
const x = { field: 'ranks', ...axis('ranks') };
const y = { field: 'speedup', ...axis('times one rank') };
const chart = {
  $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
  background: 'white',
  title: {
    text: `predicted from 1 and 2 ranks: ${machine.processor}, Node ${machine.node}, ${machine.date}`,
    fontWeight: 'normal',
    anchor: 'start',
  },
  width: 480,
  height: 320,
  layer: [
    {
      data: { values: ideal },
      mark: { type: 'line', strokeDash: [4, 4], color: '#888' },
      encoding: { x, y },
    },
    {
      data: { values },
      mark: { type: 'line', point: true },
      encoding: {
        x,
        y,
        color: { field: 'series', type: 'nominal', sort: null, title: null, legend: { labelLimit: 300 } },
      },
    },
  ],
};
const view = new vega.View(vega.parse(vegaLite.compile(chart).spec), { renderer: 'none' });
const target = file.replace(/\.json$/, '.svg');
writeFileSync(target, await view.toSVG());
process.stderr.write(`${target}\n`);
