// Things to be told apart: for each a name, a button to hold while it is shown, and how often it was seen.

import { concat, tensor } from 'neocog';
import { attempt } from './status.js';

const most = 5;

export class Things {
  #list;
  #learn;
  #rows = [];
  #samples = [];
  #labels = [];
  #recording = -1;

  /** @param {HTMLElement} list @param learn is given samples [n, …] and labels [n] once two were seen */
  constructor(list, learn) {
    [this.#list, this.#learn] = [list, learn];
    this.#addRow();
    this.#addRow();
    const more = document.querySelector('#more');
    more.onclick = () => {
      this.#addRow();
      more.disabled = this.#rows.length === most;
    };
  }

  get names() {
    return this.#rows.map(({ name }) => name.value.trim() || name.placeholder);
  }

  /** Whether a button is held. */
  get isRecording() {
    return this.#recording >= 0;
  }

  /** Of the thing whose button is held. @param {import('neocog').Tensor} sample [1, …] */
  add(sample) {
    const row = this.#rows[this.#recording];
    this.#samples.push(sample);
    this.#labels.push(this.#recording);
    row.count.textContent = `${++row.seen} frames`;
  }

  #addRow() {
    const label = this.#rows.length;
    const item = document.querySelector('template').content.cloneNode(true);
    const [name, hold, count] = ['input', 'button', 'output'].map((kind) => item.querySelector(kind));
    name.placeholder = `thing ${label + 1}`;
    name.setAttribute('aria-label', `Name of thing ${label + 1}`);
    hold.setAttribute('aria-label', `Hold to show thing ${label + 1}`);
    const begin = () => {
      this.#recording = label;
      hold.classList.add('first');
    };
    const end = () => this.#end(hold, label);
    hold.onpointerdown = begin;
    for (const event of ['pointerup', 'pointerleave', 'pointercancel', 'blur', 'keyup'])
      hold[`on${event}`] = end;
    hold.onkeydown = ({ key }) => [' ', 'Enter'].includes(key) && begin();
    hold.oncontextmenu = (event) => event.preventDefault();
    this.#rows.push({ name, count, seen: 0 });
    this.#list.append(item);
  }

  #end(hold, label) {
    hold.classList.remove('first');
    if (this.#recording !== label) return;
    this.#recording = -1;
    if (new Set(this.#labels).size < 2) return;
    const labels = tensor(this.#labels, [this.#labels.length], { dtype: 'int32' });
    attempt(() => this.#learn(concat(this.#samples, { axis: 0 }), labels));
  }
}
