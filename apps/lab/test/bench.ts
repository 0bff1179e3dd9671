// What the layer bench shows, read from the page as a visitor reads it: texts, and the cells of its grids by their names.

import type { Page } from 'playwright';

/** Cells of a map by channel and place: `0 1,2` → value. */
export type Cells = Readonly<Record<string, number>>;

/** Opens other settings in the same page, as a link would. */
export async function open(page: Page, query: string): Promise<void> {
  await page.evaluate(
    (hash) =>
      new Promise((resolve) => {
        const drawn = () => requestAnimationFrame(() => requestAnimationFrame(resolve));
        addEventListener('hashchange', drawn, { once: true });
        // What was typed last may not be in the address yet: the link must differ from it.
        history.replaceState(null, '', '#/layer');
        location.hash = hash;
      }),
    `/layer?${query}`,
  );
}

/** The real cells of the drawn inputs or outputs, padding left out. */
export async function cellsOf(page: Page, role: 'input' | 'output'): Promise<Cells> {
  const names = await page
    .locator(`.stage [role=gridcell][aria-label^="${role}"]`)
    .evaluateAll((cells) => cells.map((cell) => cell.getAttribute('aria-label') ?? ''));
  return Object.fromEntries(
    names.map((name) => {
      const [, channel = '0', place = '', value = ''] =
        /^\w+(?: (\d+))? \(([^)]*)\) = (.*)$/.exec(name) ?? [];
      return [`${channel} ${place.replaceAll(' ', '')}`, Number(value.replace('−', '-'))];
    }),
  );
}

/** A tensor as the cells that the page should show. */
export function cellsOfTensor({ shape, data }: { shape: readonly number[]; data: ArrayLike<number> }): Cells {
  const sizes = shape.slice(1);
  return Object.fromEntries(
    Array.from(data, (value, i) => {
      const place: number[] = [];
      let rest = i;
      for (let d = sizes.length - 1; d >= 0; d--) {
        place.unshift(rest % sizes[d]);
        rest = Math.floor(rest / sizes[d]);
      }
      return [`${place[0]} ${place.slice(1).join(',')}`, Math.round(value * 100) / 100 + 0];
    }),
  );
}

export const textOf = async (page: Page, id: string): Promise<string> =>
  ((await page.getByTestId(id).textContent()) ?? '').trim();

/** What the live region says. */
export const said = async (page: Page): Promise<string> =>
  ((await page.getByTestId('live').textContent()) ?? '').trim();

/** The value of a sum such as `2·1 − (−3)·2 + 0·1`. */
export function sumOf(text: string): number {
  const plain = text
    .replaceAll('−', '-')
    .replaceAll('·', '*')
    .replaceAll(/- (?=\S)/g, '- ');
  if (!/^[-+*/(). \d]+$/.test(plain)) throw new Error(`no sum: ${text}`);
  return Number(Function(`return ${plain}`)());
}
