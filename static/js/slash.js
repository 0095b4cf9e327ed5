// <slash-commands>: offers the commands of an agent's plugins while the message is `/` and the beginning of a name.
import { say } from './live.js';

class SlashCommands extends HTMLElement {
  connectedCallback() {
    this.field = this.querySelector('textarea');
    this.list = this.querySelector('[role="listbox"]');
    this.marked = -1;
    this.listening = new AbortController();
    const { signal } = this.listening;
    this.field.setAttribute('aria-autocomplete', 'list');
    this.field.setAttribute('aria-controls', this.list.id);
    this.field.addEventListener('input', () => this.offer(), { signal });
    // Before the page's own keys: Enter takes a command while the list is open, and sends otherwise.
    this.field.addEventListener('keydown', (event) => this.key(event), { signal, capture: true });
    this.field.addEventListener('blur', () => this.close(), { signal });
    this.list.addEventListener('mousedown', (event) => event.preventDefault(), { signal });
    this.list.addEventListener('click', (event) => this.take(event.target.closest('[role="option"]')), { signal });
  }

  disconnectedCallback() {
    this.listening.abort();
  }

  get shown() {
    return [...this.list.querySelectorAll('[role="option"]:not([hidden])')];
  }

  offer() {
    const begun = /^\/(\S*)$/.exec(this.field.value);
    if (!begun) return this.close();
    const wanted = begun[1].toLowerCase();
    for (const option of this.list.querySelectorAll('[role="option"]')) {
      option.hidden = !option.dataset.insert.toLowerCase().includes(wanted);
    }
    const { length } = this.shown;
    if (!length) return this.close();
    const wasClosed = this.list.hidden;
    this.list.hidden = false;
    this.mark(0);
    if (wasClosed) say(`${length} command${length === 1 ? '' : 's'}. Arrows choose, Enter takes it.`);
  }

  close() {
    this.list.hidden = true;
    this.field.removeAttribute('aria-activedescendant');
  }

  mark(index) {
    const { shown } = this;
    this.marked = (index + shown.length) % shown.length;
    for (const option of shown) option.setAttribute('aria-selected', String(option === shown[this.marked]));
    this.field.setAttribute('aria-activedescendant', shown[this.marked].id);
    shown[this.marked].scrollIntoView({ block: 'nearest' });
  }

  key(event) {
    if (this.list.hidden || event.ctrlKey || event.metaKey || event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.mark(this.marked + step);
    else if (event.key === 'Enter' || event.key === 'Tab') this.take(this.shown[this.marked]);
    else if (event.key === 'Escape') this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  take(option) {
    if (!option) return;
    this.field.value = option.dataset.insert;
    this.close();
    this.field.focus();
    this.field.dispatchEvent(new Event('input', { bubbles: true }));
  }
}

customElements.define('slash-commands', SlashCommands);
