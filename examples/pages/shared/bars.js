// Names with shares from 0 to 1, as bars.

/** @param {HTMLElement} list @param {[name: string, share: number][]} entries */
export function showBars(list, entries) {
  const rows = entries.map(([name, share]) => {
    const row = document.createElement('li');
    row.style.setProperty('--share', share);
    const percent = Object.assign(document.createElement('span'), {
      textContent: `${Math.round(100 * share)} %`,
    });
    row.append(name, ' ', percent);
    return row;
  });
  list.replaceChildren(...rows);
}
