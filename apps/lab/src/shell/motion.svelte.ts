// Whether things may move by themselves.

const query = matchMedia('(prefers-reduced-motion: reduce)');

class Motion {
  #reduced = $state(query.matches);

  constructor() {
    query.addEventListener('change', () => {
      this.#reduced = query.matches;
    });
  }

  get reduced(): boolean {
    return this.#reduced;
  }
}

export const motion = new Motion();
