// One live region for the page: what changed, in words, for those who do not see it.

class Announcer {
  #text = $state('');

  get text(): string {
    return this.#text;
  }

  /** Says a text once the reader has finished. The same text twice is said twice. */
  say(text: string): void {
    this.#text = text === this.#text ? `${text}\u00a0` : text;
  }
}

const announcer = new Announcer();

export const announce = (text: string): void => announcer.say(text);
export const announced = (): string => announcer.text;
