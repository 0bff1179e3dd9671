// Maps as SVG, told by their cells.

import { tensor, zeros } from 'neocog';
import { describe, expect, it } from 'vitest';
import { drawMaps } from './drawMaps.ts';

const paths = (svg: string): string[] =>
  [...svg.matchAll(/<path fill="(#\w+)" d="([^"]+)"/g)].map((m) => `${m[1]} ${m[2]}`);

describe('drawMaps', () => {
  it('draws runs of one colour as one, from 0 to the largest', () => {
    const svg = drawMaps(
      tensor([
        [0, 0, 2],
        [2, 2, 2],
      ]),
      { palette: 'grey', size: 30 },
    );
    expect(paths(svg)).toEqual(['#000000 M0 0h2v1h-2z', '#ffffff M2 0h1v1h-1z', '#ffffff M0 1h3v1h-3z']);
    expect(svg).toContain('viewBox="0 0 30 20"');
  });

  it('puts 0 in the middle where values are below it', () => {
    const colours = paths(drawMaps(tensor([[-1, 0, 1]]))).map((path) => path.slice(0, 7));
    expect(colours).toEqual(['#2166ac', '#f7f7f7', '#b2182b']);
  });

  it('sets maps side by side, in one range or each in its own, with a frame', () => {
    const maps = tensor([1, 2, 4, 8], [4, 1, 1]);
    const last = (range: 'all' | 'each') =>
      paths(drawMaps(maps, { range, palette: 'grey' })).map((p) => p.slice(0, 7));
    expect(last('each')).toEqual(Array(4).fill('#ffffff'));
    expect(last('all')).toEqual(['#202020', '#404040', '#808080', '#ffffff']);
    const svg = drawMaps(maps, { columns: 4, size: 10, frame: [0, 0, 1, 1] });
    expect(svg).toContain('viewBox="0 0 58 10"');
    expect(svg.split('M0 0H1V1H0z')).toHaveLength(5);
  });

  it.each<[string, () => unknown]>([
    ['the maps have shape [3]', () => drawMaps(zeros([3]))],
    ['frame is [1,2]', () => drawMaps(zeros([2, 2]), { frame: [1, 2] as never })],
  ])('%s', (message, attempt) => {
    expect(attempt).toThrow(message);
  });
});
