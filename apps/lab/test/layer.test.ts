// The layer bench as a visitor uses it: moving, stepping, pointing, typing, links, ways of seeing.

import type { Page } from 'playwright';
import { beforeAll, describe, expect } from 'vitest';
import { cellsOf, open, said, sumOf, textOf } from './bench.ts';
import { axe, onPage, useLab } from './visit.ts';

const lab = useLab();

let page: Page;
let faults: string[];
beforeAll(async () => {
  if (lab.url) ({ page, faults } = await lab.visit({ hash: '/layer?at=0' }));
});

const sentence = (): Promise<string> => textOf(page, 'sentence');
const output = (name = 'output') => page.getByRole('grid', { name, exact: true });
const focusCell = async (grid: string, label: RegExp): Promise<void> => {
  await page.getByRole('grid', { name: grid, exact: true }).getByRole('gridcell', { name: label }).focus();
};

/** The sum that a sentence states, and its result. */
function readSum(text: string): { sum: number; result: number } {
  const [, terms = '', result = ''] = /^.*? = (.*) = (.*)$/.exec(text) ?? [];
  return { sum: sumOf(terms), result: sumOf(result) };
}

describe('steps', () => {
  onPage('the opening view moves by itself, and not for those who ask for little motion', async () => {
    const moving = await lab.visit({ still: false });
    const first = await textOf(moving.page, 'sentence');
    await moving.page.waitForFunction(
      (text) => document.querySelector('[data-testid=sentence]')?.textContent !== text,
      first,
    );
    await moving.context.close();
    const still = await lab.visit();
    expect(await still.page.getByRole('button', { name: 'Play' }).count()).toBe(1);
    await still.context.close();
  });

  onPage('step, scrub and play', async () => {
    await open(page, 'at=0');
    expect(await sentence()).toMatch(/^output \(0, 0\) = /);
    await page.getByRole('button', { name: 'Step on' }).click();
    expect(await sentence()).toMatch(/^output \(0, 1\) = /);
    await page.getByRole('button', { name: 'Step back' }).click();
    await page.getByRole('button', { name: 'Step back' }).click();
    expect(await sentence()).toMatch(/^output \(3, 3\) = /);
    await page.getByRole('slider', { name: 'Window: position' }).fill('6');
    expect(await sentence()).toMatch(/^output \(1, 2\) = /);
    await page.getByRole('button', { name: 'Play' }).click();
    await page.waitForFunction(
      () => !document.querySelector('[data-testid=sentence]')?.textContent?.startsWith('output (1, 2)'),
    );
    await page.getByRole('button', { name: 'Pause' }).click();
  });

  onPage('the products that are shown add up', async () => {
    await open(page, 'at=6&w=numbers&x=numbers');
    const { sum, result } = readSum(await sentence());
    expect(sum).toBe(result);
    const cells = await cellsOf(page, 'output');
    expect(cells['0 1,2']).toBe(result);
  });
});

describe('pointing', () => {
  onPage('arrow keys on the output: what a cell is made of, said and shown', async () => {
    await open(page, 'at=0&w=numbers&x=numbers');
    await focusCell('output', /^output \(0, 0\)/);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    expect(await said(page)).toMatch(/^output \(1, 1\) = .*·.* = −?\d+$/);
    expect(await sentence()).toBe(await said(page));
    const { sum, result } = readSum(await said(page));
    expect(sum).toBe(result);
    await page.keyboard.press('End');
    expect(await said(page)).toMatch(/^output \(1, 3\) = /);
  });

  onPage('arrow keys on the input: where a cell goes', async () => {
    await open(page, 'at=0&size=7&stride=2');
    await focusCell('input', /^input \(0, 0\)/);
    await page.keyboard.press('ArrowRight');
    expect(await said(page)).toMatch(/^input \(0, 1\) = .*, goes into 1 output cell$/);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    expect(await said(page)).toMatch(/^input \(2, 2\) = .*, goes into 4 output cells$/);
    expect(await output().locator('..').locator('.mark').count()).toBe(4);
  });

  onPage('hovering an output cell shows its window until it is left', async () => {
    await open(page, 'at=0');
    await output()
      .getByRole('gridcell', { name: /^output \(2, 3\)/ })
      .hover();
    expect(await sentence()).toMatch(/^output \(2, 3\) = /);
    await page.locator('h1').hover();
    expect(await sentence()).toMatch(/^output \(0, 0\) = /);
  });

  onPage('a window over padding names it, and a pool’s window leaves it out', async () => {
    await open(page, 'at=0&pad=1');
    await focusCell('input', /^padding \(-1, -1\)/);
    expect(await sentence()).toBe('input (-1, -1): padding');
    await open(page, 'op=max&kernel=3&stride=2&pad=1&x=numbers&at=0');
    expect(await sentence()).toMatch(/^output \(0, 0\) = max\((\d+, ){3}\d+\) = \d+$/);
  });
});

describe('typing', () => {
  const kernel = () => page.getByRole('spinbutton', { name: 'Kernel' });
  const status = () => page.getByLabel('Options').getByRole('status');

  onPage('a kernel that does not fit is refused in words, and the drawing stays', async () => {
    await open(page, 'at=0');
    await kernel().fill('9');
    expect(await status().textContent()).toMatch(
      /The kernel spans 9 cells of height .*, but the padded input has 6 .*; add padding, or use a smaller kernel/,
    );
    expect(Object.keys(await cellsOf(page, 'output'))).toHaveLength(16);
    await kernel().fill('2');
    expect(await status().textContent()).toContain('1×1×6×6 → 1×1×5×5');
  });

  onPage('what is no number is said so', async () => {
    await open(page, 'at=0');
    await kernel().fill('three');
    expect(await status().textContent()).toContain('Kernel is “three”; give a whole number from 1 to 11');
    expect(await kernel().getAttribute('aria-invalid')).toBe('true');
    await kernel().blur();
    expect(await kernel().inputValue()).toBe('3');
  });

  onPage('groups that divide nothing', async () => {
    await open(page, 'at=0&in=4&out=4');
    await page.getByRole('spinbutton', { name: 'Groups' }).fill('3');
    expect(await status().textContent()).toMatch(/Groups is 3 for 4 .*; choose a common divisor/);
  });

  onPage('a weight that is changed', async () => {
    await open(page, 'at=0&w=ones&x=ramp');
    await page.getByRole('textbox', { name: 'weight (0, 0)' }).fill('-2');
    const { sum, result } = readSum(await sentence());
    // 63 with ones; the first cell is 0, so the second weight shows it better.
    expect([sum, result]).toEqual([63, 63]);
    await page.getByRole('textbox', { name: 'weight (0, 1)' }).fill('5');
    expect(readSum(await sentence())).toEqual({ sum: 67, result: 67 });
  });
});

describe('ways of seeing', () => {
  onPage('stamps and zeros in between give the same output', async () => {
    const query = 'op=transposed&size=3&stride=2&w=numbers&x=numbers&pad=1,0,0,1&extra=1';
    await open(page, `${query}&at=8`);
    const stamped = await cellsOf(page, 'output');
    await open(page, `${query}&see=zeros&at=10`);
    expect(await cellsOf(page, 'output')).toEqual(stamped);
    expect(Object.keys(stamped)).toHaveLength(49);
    const { sum, result } = readSum(await sentence());
    expect(sum).toBe(result);
  });

  onPage('a stamp so far, and what an output cell adds up', async () => {
    await open(page, 'op=transposed&size=3&stride=2&w=numbers&x=numbers&at=0');
    expect(await sentence()).toMatch(/^input \(0, 0\) = 1 stamps 1 × kernel$/);
    await focusCell('output', /^output \(2, 2\)/);
    const { sum, result } = readSum(await sentence());
    expect(sum).toBe(result);
    expect((await sentence()).match(/·/g)).toHaveLength(4);
  });

  onPage('padding that zeros cannot stand for is refused in words', async () => {
    await open(page, 'op=transposed&size=4&stride=2&pad=1&mode=reflect&see=zeros&at=0');
    expect(await page.locator('.refusal').textContent()).toMatch(/PaddingMode is 'reflect'.*use 'zeros'/);
  });

  onPage('im2col: the matrices multiply to the output', async () => {
    await open(page, 'see=columns&w=numbers&x=numbers&pad=1&stride=2&at=4');
    const numbers = async (name: string): Promise<number[]> => {
      const cells = page.getByRole('grid', { name, exact: true }).getByRole('gridcell');
      const names = await cells.evaluateAll((all) =>
        all.map((cell) => cell.getAttribute('aria-label') ?? ''),
      );
      return names.map((text) => sumOf(text.split(' = ')[1]));
    };
    const [weights, columns, product] = [
      await numbers('Weights as a matrix'),
      await numbers('Windows as columns'),
      await numbers('Output as a matrix'),
    ];
    const windows = product.length;
    const expected = product.map((_, window) =>
      weights.reduce((sum, w, tap) => sum + w * columns[tap * windows + window], 0),
    );
    expect(product).toEqual(expected);
    expect(product).toEqual(Object.values(await cellsOf(page, 'output')));
  });

  onPage('Winograd’s tile gives the outputs that it covers', async () => {
    await open(page, 'see=tiles&w=numbers&x=numbers&at=1');
    const tile = page.getByRole('grid', { name: /4 outputs$/ }).getByRole('gridcell');
    const names = await tile.evaluateAll((all) => all.map((cell) => cell.getAttribute('aria-label') ?? ''));
    const cells = await page
      .getByRole('grid', { name: 'output', exact: true })
      .getByRole('gridcell', { name: /^output \([01], [23]\)/ })
      .evaluateAll((all) => all.map((cell) => cell.getAttribute('aria-label') ?? ''));
    const values = (texts: string[]): number[] => texts.map((text) => sumOf(text.split(' = ')[1]));
    expect(values(names)).toEqual(values(cells));
    await open(page, 'see=tiles&stride=2&at=0');
    expect(await page.locator('.refusal').textContent()).toContain('set it to 1');
  });

  onPage('shift: exactly with circular padding, not with a stride', async () => {
    const verdict = () => page.locator('.shift [role=status]').textContent();
    await open(page, 'see=shift&pad=same&mode=circular&shift=2,1&x=numbers&at=0');
    expect(await verdict()).toBe('The output moves with the input: all 36 cells are the same.');
    await open(page, 'see=shift&pad=same&shift=2,1&x=numbers&at=0');
    expect(await verdict()).toMatch(/but \d+ of 20 cells differ: their windows reach over the border/);
    await open(page, 'see=shift&stride=2&size=9&shift=1&x=numbers&at=0');
    expect(await verdict()).toContain('by a part of the stride');
  });
});

describe('links', () => {
  onPage('a link opens the same in a fresh profile', async () => {
    await open(page, 'at=0');
    await page.getByRole('radio', { name: '1-D' }).check();
    await page.getByRole('spinbutton', { name: 'Input size' }).fill('9');
    await page.getByRole('spinbutton', { name: 'Stride' }).fill('2');
    await page.getByLabel('Padding', { exact: true }).selectOption('same');
    await page.getByRole('button', { name: 'Step on' }).click();
    await page.waitForFunction(() => location.hash.includes('at=1'));
    const fresh = await lab.visit({ hash: page.url().split('#')[1] });
    expect(await textOf(fresh.page, 'sentence')).toBe(await sentence());
    expect(await cellsOf(fresh.page, 'output')).toEqual(await cellsOf(page, 'output'));
    expect(await fresh.page.getByRole('spinbutton', { name: 'Stride' }).inputValue()).toBe('2');
    await fresh.context.close();
  });

  onPage('presets are links, and the back button leads back', async () => {
    await open(page, 'at=0');
    await page.getByRole('link', { name: 'Stride 2' }).click();
    await page.waitForFunction(
      () => document.querySelector('[data-testid=output-shape]')?.textContent === '[1, 1, 3, 3]',
    );
    await page.goBack();
    await page.waitForFunction(
      () => document.querySelector('[data-testid=output-shape]')?.textContent === '[1, 1, 4, 4]',
    );
  });
});

describe('for everybody', () => {
  const places = [
    'at=5',
    'in=4&out=4&groups=2&size=5&at=4',
    'op=transposed&size=3&stride=2&see=zeros&at=3',
    'see=columns&at=5',
    'see=tiles&at=1',
    'see=shift&at=0',
    'rank=3&size=4&kernel=2&at=3',
    'op=avg&kernel=2&stride=2&at=1',
    'at=0&kernel=9',
  ];

  for (const place of places) {
    onPage(`axe finds nothing, and 360 pixels are enough: ${place}`, async () => {
      await page.setViewportSize({ width: 360, height: 800 });
      await open(page, place);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
      expect(await axe(page)).toEqual([]);
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.emulateMedia({ colorScheme: 'dark' });
      expect(await axe(page)).toEqual([]);
      await page.emulateMedia({ colorScheme: 'light' });
    });
  }

  onPage('the numbers of a drawing as tables', async () => {
    await open(page, 'at=0');
    await page.getByText('Input and output as tables').click();
    const rows = page.getByRole('region', { name: 'Input and output as tables' }).getByRole('row');
    await rows.nth(7 + 5 - 1).waitFor();
    expect(await rows.count()).toBe(7 + 5);
    await page.getByText('Input and output as tables').click();
  });

  onPage('nothing went wrong on the way', async () => expect(faults).toEqual([]));
});
