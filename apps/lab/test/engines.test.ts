// The built Lab in the other browsers: it opens, computes, follows a link, and says what the keys reach.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { browserEngines } from '../../../scripts/engines/browsers.js';
import { leftOut } from '../../../test/leftOut.ts';

/** Runs in the page, as a visitor's hands and eyes; sends what it found. */
const visitor = `
const until = async (find) => {
  for (;;) {
    const found = find();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
const shape = () => document.querySelector('[data-testid=output-shape]')?.textContent;
const errors = [];
addEventListener('error', ({ message }) => errors.push(message));
addEventListener('unhandledrejection', ({ reason }) => errors.push(String(reason)));
const first = await until(shape);
(await until(() => [...document.querySelectorAll('a')].find((a) => a.textContent === 'Stride 2'))).click();
const second = await until(() => shape() !== first && shape());
const cell = await until(() => document.querySelector('[role=grid][aria-label=output] [role=gridcell]'));
cell.focus();
cell.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
const said = await until(() => document.querySelector('[data-testid=live]')?.textContent);
const styled = getComputedStyle(document.querySelector('header')).position;
const found = { first, second, said, styled, isolated: crossOriginIsolated, errors };
await fetch('./found', { method: 'POST', body: JSON.stringify(found) });
`;

/** The built Lab with the visitor in it. */
function prepare(): string {
  const folder = mkdtempSync(join(tmpdir(), 'neocog-lab-engine-'));
  cpSync(inject('lab'), folder, { recursive: true });
  writeFileSync(join(folder, 'visitor.js'), visitor);
  const page = readFileSync(join(folder, 'index.html'), 'utf8');
  const script = '<script type="module" src="./visitor.js"></script>';
  writeFileSync(join(folder, 'index.html'), page.replace('</body>', `${script}</body>`));
  return folder;
}

for (const engine of browserEngines().filter(({ name }) => name !== 'Chromium')) {
  const missing = 'hint' in engine ? `${engine.name} was not found; ${engine.hint}` : null;
  test.skipIf(leftOut(missing))(engine.name, async () => {
    if ('hint' in engine) return;
    const folder = prepare();
    try {
      const report: unknown = await engine.run(folder);
      expect(report).toEqual({
        first: '[1, 1, 4, 4]',
        second: '[1, 1, 3, 3]',
        said: expect.stringMatching(/^output \(0, 1\) = .*·.* = −?\d+$/),
        styled: 'sticky',
        isolated: true,
        errors: [],
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
