// <run-list>: triage by keyboard. Arrows move through the runs and, once the panel is open, fill it; Space chooses, Enter
// opens, Escape closes the panel. What is chosen outlives each refresh. Everything works as plain links without this.
import { say } from './live.js';

const REFRESH_EVERY = 3_000; // milliseconds, while a run on the page may change
const FILL_AFTER = 120;

class RunList extends HTMLElement {
  chosen = new Set();

  connectedCallback() {
    this.listening = new AbortController();
    const on = (target, type, handler) => target.addEventListener(type, handler, { signal: this.listening.signal });
    on(this, 'keydown', (event) => this.key(event));
    on(this, 'click', (event) => this.click(event));
    on(this, 'change', (event) => this.change(event));
    on(this, 'reset', () => { this.chosen.clear(); requestAnimationFrame(() => this.showChosen()); });
    on(this, 'formdata', (event) => {
      if (event.target.id !== 'run-filter') return;
      for (const [name, value] of [...event.formData]) if (!value) event.formData.delete(name);
    });
    on(document, 'htmx:before:history:restore', (event) => {
      if (event.detail.path?.split('?')[0] !== location.pathname) return;
      event.preventDefault();
      this.load();
    });
    if (!history.state?.htmx) history.replaceState({ htmx: true }, '');
    this.ticking = setInterval(() => this.tick(), REFRESH_EVERY);
    this.showChosen();
    this.showTab();
  }

  disconnectedCallback() {
    this.listening.abort();
    clearInterval(this.ticking);
  }

  // On a narrow page the tabs scroll: the one that is shown is in sight.
  showTab() {
    const [tabs, tab] = [this.querySelector('.runtabs'), this.querySelector('.runtabs [aria-current]')];
    if (tab) tabs.scrollLeft += Math.max(0, tab.getBoundingClientRect().right - tabs.getBoundingClientRect().right);
  }

  tick() {
    const isBusy = this.querySelector('[data-menu][open]') || document.querySelector('dialog[open], :popover-open');
    if (this.hasAttribute('data-live') && !document.hidden && !isBusy) this.load();
  }

  get rows() {
    return [...this.querySelectorAll('tr[data-run]')];
  }

  // --- the page again ---

  async load() {
    const address = location.href;
    const response = await fetch(address, { headers: { 'HX-Request': 'true' } }).catch(() => null);
    if (!response) return;
    if ([401, 403, 404].includes(response.status)) location.reload();
    if (!response.ok || address !== location.href) return;
    const at = this.contains(document.activeElement) ? document.activeElement.closest('tr[data-run]')?.id : null;
    await window.htmx.swap({ text: (await response.text()).trim(), target: this, swap: 'outerMorph', sourceElement: this });
    this.showChosen();
    if (at && !this.contains(document.activeElement)) document.getElementById(at)?.querySelector('.cover').focus();
  }

  go(address) {
    if (address === location.href) return;
    history.replaceState({ htmx: true }, '', address);
    this.load();
  }

  show(run) {
    const address = new URL(location.href);
    if (run) address.searchParams.set('run', run);
    else address.searchParams.delete('run');
    this.go(address.href);
  }

  click(event) {
    const link = event.target.closest('a[data-panel]');
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.go(link.href);
  }

  // --- keys ---

  key(event) {
    const row = event.target.closest('tr[data-run]');
    if (event.key === 'Escape' && this.querySelector('#run-panel') && !event.defaultPrevented) {
      event.preventDefault();
      this.show(null);
      return;
    }
    if (!row || !event.target.matches('.cover, .check') || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === ' ' && event.target.matches('.cover')) {
      event.preventDefault();
      row.querySelector('.check')?.click();
      return;
    }
    const rows = this.rows;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const next = step ? rows[rows.indexOf(row) + step] : { Home: rows[0], End: rows.at(-1) }[event.key];
    if (!next) return;
    event.preventDefault();
    next.querySelector('.cover').focus();
    next.scrollIntoView({ block: 'nearest' });
    clearTimeout(this.filling);
    const isRoomy = matchMedia('(min-width: 1181px)').matches;
    if (isRoomy) this.filling = setTimeout(() => this.show(next.dataset.run), FILL_AFTER);
  }

  // --- choosing ---

  change(event) {
    if (event.target.id === 'run-sort') {
      event.target.form.requestSubmit();
    } else if (event.target.matches('[data-all]')) {
      for (const box of this.boxes) this.choose(box.value, event.target.checked);
      this.showChosen();
    } else if (event.target.matches('.pick .check')) {
      this.choose(event.target.value, event.target.checked);
      this.showChosen();
    }
  }

  choose(run, isChosen) {
    if (isChosen) this.chosen.add(run);
    else this.chosen.delete(run);
  }

  get boxes() {
    return [...this.querySelectorAll('.pick .check[name="run"]')];
  }

  showChosen() {
    const boxes = this.boxes;
    for (const box of boxes) box.checked = this.chosen.has(box.value);
    const chosen = boxes.filter((box) => box.checked);
    const all = this.querySelector('[data-all]');
    if (all) {
      all.checked = chosen.length > 0 && chosen.length === boxes.length;
      all.indeterminate = chosen.length > 0 && chosen.length < boxes.length;
    }
    const bar = this.querySelector('#bulk');
    if (!bar) return;
    bar.querySelector('[data-chosen]').textContent = `${chosen.length} chosen`;
    for (const button of bar.querySelectorAll('[data-for]')) {
      button.hidden = chosen.length > 0 && !chosen.some((box) => box.dataset.state === button.dataset.for);
    }
    if (chosen.length && chosen.length !== this.told) say(`${chosen.length} runs chosen`);
    this.told = chosen.length;
  }
}

customElements.define('run-list', RunList);
