// The service worker: offline after the first visit, and isolation on hosts that send no headers.

const mark = 'neocog lab isolated';

class Offline {
  /** Whether the page, once loaded anew, is isolated. */
  #ready = $state(false);

  get ready(): boolean {
    return this.#ready;
  }

  set ready(ready: boolean) {
    this.#ready = ready;
  }
}

export const offline = new Offline();

/** Registers the service worker of the built page; the dev server has none. */
export async function keepOffline(): Promise<void> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  try {
    await navigator.serviceWorker.register('./service-worker.js');
    await navigator.serviceWorker.ready;
    offline.ready = true;
  } catch {
    // Where storage is forbidden, the Lab works as long as it is online.
  }
}

/** Whether the service worker was there before the page, and so keeps what the page fetches. */
const early = Boolean(globalThis.navigator?.serviceWorker?.controller);

/** Fetches a file once more on the first visit, which may have fetched it before the service worker that keeps it was there. */
export async function keepFile(address: string): Promise<void> {
  const { serviceWorker } = navigator;
  if (!import.meta.env.PROD || !serviceWorker || early) return;
  if (!serviceWorker.controller)
    await new Promise((there) => serviceWorker.addEventListener('controllerchange', there, { once: true }));
  await fetch(address).catch(() => null);
}

let isHeld = false;

/** From now on the page holds what a visitor made, which loading it anew would lose. */
export function holdPage(): void {
  isHeld = true;
}

/** Loads the page anew, once, if that isolates it and loses nothing. Returns whether it does. */
export function isolate(): boolean {
  if (isHeld || crossOriginIsolated || !navigator.serviceWorker?.controller || sessionStorage.getItem(mark))
    return false;
  sessionStorage.setItem(mark, '1');
  location.reload();
  return true;
}
