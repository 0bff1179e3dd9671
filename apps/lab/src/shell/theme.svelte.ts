// Light, dark, or as the system has it; and the colours of the stylesheet as numbers, for canvases.

export type Theme = 'auto' | 'light' | 'dark';
export type Rgb = readonly [red: number, green: number, blue: number];

/** public/theme.js reads it before the first paint. */
const key = 'neocog lab theme';
const isDark = matchMedia('(prefers-color-scheme: dark)');

function stored(): Theme {
  const { theme } = document.documentElement.dataset;
  return theme === 'light' || theme === 'dark' ? theme : 'auto';
}

class Look {
  #theme: Theme = $state(stored());
  #systemDark = $state(isDark.matches);

  constructor() {
    isDark.addEventListener('change', () => {
      this.#systemDark = isDark.matches;
    });
  }

  get theme(): Theme {
    return this.#theme;
  }

  set theme(theme: Theme) {
    this.#theme = theme;
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem(key, theme);
    } catch {
      // Storage may be forbidden; the choice holds for this visit.
    }
  }

  /** What is seen. Read it in an effect that draws, so that the effect runs again with other colours. */
  get dark(): boolean {
    return this.#theme === 'dark' || (this.#theme === 'auto' && this.#systemDark);
  }
}

export const look = new Look();

/** A colour of the stylesheet as it is now: `colorOf('--positive')`. */
export function colorOf(name: `--${string}`): Rgb {
  const probe = document.createElement('span');
  probe.style.cssText = `display: none; color: var(${name})`;
  document.body.append(probe);
  const numbers = getComputedStyle(probe).color.match(/[\d.]+/g) ?? [];
  probe.remove();
  return [Number(numbers[0] ?? 0), Number(numbers[1] ?? 0), Number(numbers[2] ?? 0)];
}
