// The page's address: `#/view?query`. Moving to another view makes an entry of the history; settings of a view replace the
// current one, so that a link shows the same and the back button leads out of the view.

export interface Place {
  readonly view: string;
  readonly query: URLSearchParams;
}

/** Browsers refuse many changes of the address in a short time. */
const patience = 200;

function readPlace(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  return { view: path, query: new URLSearchParams(query) };
}

/** `#/layer?rank=1`. Commas and colons stay readable. */
export function hashOf(view: string, query: URLSearchParams = new URLSearchParams()): string {
  const text = query.toString().replaceAll('%2C', ',').replaceAll('%3A', ':');
  return text === '' ? `#/${view}` : `#/${view}?${text}`;
}

class Address {
  #place: Place = $state.raw(readPlace(location.hash));
  /** Counts arrivals: links, the back button, a typed address. Not the view's own changes. */
  #arrivals = $state(0);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    addEventListener('hashchange', () => this.#arrive());
  }

  get view(): string {
    return this.#place.view;
  }

  get query(): URLSearchParams {
    return this.#place.query;
  }

  get arrivals(): number {
    return this.#arrivals;
  }

  /** Opens a view as if its link were followed. */
  go(view: string, query?: URLSearchParams): void {
    this.flush();
    location.hash = hashOf(view, query);
  }

  /** States the settings of the current view, without an entry in the history. */
  replace(query: URLSearchParams): void {
    this.#place = { view: this.#place.view, query };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), patience);
  }

  /** Writes what `replace` holds back. */
  flush(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    history.replaceState(history.state, '', hashOf(this.#place.view, this.#place.query));
  }

  /** The whole address of the current state, to copy. */
  get link(): string {
    return location.href.replace(/#.*$/, '') + hashOf(this.#place.view, this.#place.query);
  }

  #arrive(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#place = readPlace(location.hash);
    this.#arrivals++;
  }
}

export const address = new Address();
