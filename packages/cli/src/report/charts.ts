// Line charts as SVG that needs no script: d3 computes scales and paths, the page's style sheet colours them.

import { scaleLinear, scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
import { type Html, html } from './html.ts';

export type Point = readonly [x: number, y: number];

export interface Series {
  readonly name: string;
  /** Of the style sheet: `one`, `two`, or `faint`. */
  readonly style: 'one' | 'two' | 'faint';
  readonly points: readonly Point[];
  /** Mark each point, and write its value beside it. */
  readonly marked?: boolean;
}

export interface Chart {
  readonly label: string;
  readonly xLabel: string;
  readonly x: readonly [from: number, to: number];
  readonly xTicks: readonly number[];
  readonly y: readonly [from: number, to: number];
  /** Equal distances for equal factors. */
  readonly logarithmic?: boolean;
  readonly format: (value: number) => string;
  readonly series: readonly Series[];
}

type Scale = (value: number) => number;

const size = { width: 520, height: 270, left: 52, right: 16, top: 12, bottom: 40 };

/** A chart with axes, a legend above it, and a text for those who cannot see it. */
export function lineChart(chart: Chart): Html {
  const x = scaleLinear([...chart.x], [size.left, size.width - size.right]);
  const range = [size.height - size.bottom, size.top];
  const y = chart.logarithmic ? scaleLog([...chart.y], range) : scaleLinear([...chart.y], range);
  const yTicks = chart.logarithmic ? decades(chart.y) : y.ticks(5);
  return html`<figure class="chart">
<figcaption>${chart.series.map(legendEntry)}</figcaption>
<svg viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${chart.label}">
${yTicks.map((tick) => horizontalTick(y(tick), chart.format(tick)))}
${chart.xTicks.map((tick) => verticalTick(x(tick), String(tick)))}
<text class="axis" x="${(size.left + size.width - size.right) / 2}" y="${size.height - 4}" text-anchor="middle">${chart.xLabel}</text>
${chart.series.map((series) => drawSeries(series, { x, y, format: chart.format }))}
</svg>
</figure>`;
}

/** The powers of ten within a range, and three times each where they are few. */
function decades([from, to]: readonly [number, number]): number[] {
  const powers: number[] = [];
  for (let exponent = Math.floor(Math.log10(from)); exponent <= Math.log10(to); exponent++) {
    powers.push(10 ** exponent, 3 * 10 ** exponent);
  }
  const inside = powers.filter((tick) => tick >= from && tick <= to);
  return inside.length > 6 ? inside.filter((tick) => String(tick).includes('1')) : inside;
}

const round = (value: number): number => Math.round(10 * value) / 10;

const legendEntry = ({ name, style }: Series): Html => html`<span class="key ${style}">${name}</span> `;

const horizontalTick = (y: number, text: string): Html => html`
<line class="grid" x1="${size.left}" x2="${size.width - size.right}" y1="${round(y)}" y2="${round(y)}"/>
<text class="tick" x="${size.left - 8}" y="${round(y + 4)}" text-anchor="end">${text}</text>`;

const verticalTick = (x: number, text: string): Html => html`
<text class="tick" x="${round(x)}" y="${size.height - size.bottom + 18}" text-anchor="middle">${text}</text>`;

/** Where points lie, and how their values are written. */
interface Axes {
  readonly x: Scale;
  readonly y: Scale;
  readonly format: (value: number) => string;
}

function drawSeries({ points, style, marked }: Series, axes: Axes): Html {
  const { x, y } = axes;
  const path = line<Point>(
    (point) => round(x(point[0])),
    (point) => round(y(point[1])),
  )([...points]);
  const marks = marked ? points.map((point) => drawMark(point, style, axes)) : [];
  return html`<path class="line ${style}" d="${path ?? ''}"/>${marks}`;
}

function drawMark([px, py]: Point, style: string, { x, y, format }: Axes): Html {
  return html`<circle class="mark ${style}" cx="${round(x(px))}" cy="${round(y(py))}" r="4"><title>${format(py)}</title></circle>`;
}
