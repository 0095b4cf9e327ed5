// <prompt-box>: an ordinary textarea over a layer that paints the names in it; `{` offers the names that are known here.
import { say } from './live.js';

const NAME = /\{\{|\}\}|\{((?:input\.)?[A-Za-z_][A-Za-z0-9_.-]*)\}/g;

class PromptBox extends HTMLElement {
  connectedCallback() {
    this.text = this.querySelector('textarea');
    this.ink = this.querySelector('.promptbox-ink');
    this.list = this.querySelector('[role="listbox"]');
    this.chosen = null;
    Object.entries({ 'aria-controls': this.list.id, 'aria-autocomplete': 'list' })
      .forEach(([name, value]) => this.text.setAttribute(name, value));
    this.text.addEventListener('input', () => { this.paint(); this.offer(); });
    this.text.addEventListener('keydown', (event) => this.key(event));
    this.text.addEventListener('blur', () => setTimeout(() => this.close(), 150));
    this.list.addEventListener('mousedown', (event) => {
      const option = event.target.closest('[role="option"]');
      event.preventDefault();
      if (option) this.take(option);
    });
    document.addEventListener('click', (event) => {
      const chip = event.target.closest('[data-insert]');
      if (chip?.closest('.field')?.contains(this)) this.insert(`{${chip.dataset.insert}}`);
    });
    this.paint();
  }

  get options() {
    return [...this.list.querySelectorAll('[role="option"]')];
  }

  knows(name) {
    const known = this.options.map((option) => option.dataset.name);
    return /^step_\d+_output$/.test(name) || known.includes(name) || known.some((one) => name.startsWith(`${one}.`));
  }

  paint() {
    const value = this.text.value;
    const parts = [];
    let end = 0;
    for (const match of value.matchAll(NAME)) {
      if (!match[1]) continue;
      const mark = document.createElement('mark');
      mark.textContent = match[0];
      if (!this.knows(match[1])) mark.className = 'unknown';
      parts.push(value.slice(end, match.index), mark);
      end = match.index + match[0].length;
    }
    this.ink.replaceChildren(...parts, `${value.slice(end)}\n`);
    this.text.style.height = 'auto';
    this.text.style.height = `${Math.max(this.text.scrollHeight, 330)}px`;
    const words = value.trim() ? value.trim().split(/\s+/).length : 0;
    const count = this.closest('.field')?.querySelector('[data-words-count]');
    if (count) count.textContent = words ? `${words} word${words > 1 ? 's' : ''}` : '';
  }

  // What stands between the last open brace and the caret.
  get typed() {
    const before = this.text.value.slice(0, this.text.selectionStart);
    const match = before.match(/(?:^|[^{])\{([A-Za-z0-9_.-]*)$/);
    return match ? match[1] : null;
  }

  offer() {
    const typed = this.typed;
    if (typed === null) { this.close(); return; }
    const fits = this.options.filter((option) => option.dataset.name.includes(typed));
    for (const option of this.options) option.hidden = !fits.includes(option);
    if (!fits.length) { this.close(); return; }
    this.list.hidden = false;
    this.place();
    this.choose(fits[0]);
    say(`${fits.length} name${fits.length > 1 ? 's' : ''} to put in`);
  }

  // Under the line of the caret: the painted layer has the same lines.
  place() {
    const range = document.createRange();
    let left = this.text.selectionStart;
    const walker = document.createTreeWalker(this.ink, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (left <= node.length) { range.setStart(node, left); break; }
      left -= node.length;
    }
    const line = range.getBoundingClientRect();
    const top = line.bottom - this.getBoundingClientRect().top;
    this.list.style.top = `${Math.max(top, 22) + 6}px`;
  }

  choose(option) {
    for (const one of this.options) one.setAttribute('aria-selected', String(one === option));
    this.chosen = option;
    this.text.setAttribute('aria-activedescendant', option.id);
    option.scrollIntoView({ block: 'nearest' });
  }

  close() {
    this.list.hidden = true;
    this.text.removeAttribute('aria-activedescendant');
  }

  key(event) {
    if (this.list.hidden) return;
    const shown = this.options.filter((option) => !option.hidden);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.choose(shown[(shown.indexOf(this.chosen) + step + shown.length) % shown.length]);
    else if (event.key === 'Tab' || event.key === 'Enter') this.take(this.chosen);
    else if (event.key === 'Escape') this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  take(option) {
    const start = this.text.selectionStart - (this.typed?.length ?? 0);
    this.text.setRangeText(`${option.dataset.name}}`, start, this.text.selectionStart, 'end');
    this.close();
    this.text.dispatchEvent(new Event('input', { bubbles: true }));
    this.close();
    this.text.focus();
  }

  insert(text) {
    this.text.focus();
    this.text.setRangeText(text, this.text.selectionStart, this.text.selectionEnd, 'end');
    this.text.dispatchEvent(new Event('input', { bubbles: true }));
  }
}

customElements.define('prompt-box', PromptBox);
