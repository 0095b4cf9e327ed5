// <run-kitchen>: keeps the page of a run up to date while it is live. The server renders the page from its database,
// live and afterwards; an event only says that something changed, and the page is then fetched again and morphed.
// The text a model is writing is the one thing that is put in here, always as text, never as HTML.
import { LiveRun } from './live-run.js';
import { dress } from './outputs.js';
import { say } from './live.js';
import { Parts } from './parts.js';

const AT_END = 40; // pixels from the end that still count as the end
const TOKEN_LENGTH = 4; // characters of a token on average, until the server tells
const ASSESSED_AFTER = 700; // milliseconds
const SPOKEN = { started: 'cooking', completed: 'done', failed: 'failed', skipped: 'skipped', retrying: 'is tried again' };

class RunKitchen extends LiveRun {
  connectedCallback() {
    this.listening = new AbortController();
    if (this.dataset.state === 'live') this.parts = new Parts(this);
    this.growing = new ResizeObserver(() => this.toEnd());
    this.isFollowing = Boolean(this.ref('follow')?.checked);
    this.clockAhead = Date.parse(this.dataset.now) - Date.now();
    this.listen();
    if (!history.state?.htmx) history.replaceState({ htmx: true }, '');
    dress(this);
    this.showTicket();
    if (this.dataset.state !== 'live') return;
    this.watch();
    this.ticking = setInterval(() => this.tick(), 500);
    this.adoptText();
    this.showFollowing();
  }

  disconnectedCallback() {
    this.listening.abort();
    this.growing.disconnect();
    clearInterval(this.ticking);
    this.leave();
  }

  listen() {
    const on = (target, type, handler, options = {}) =>
      target.addEventListener(type, handler, { signal: this.listening.signal, ...options });
    on(this, 'click', (event) => this.click(event));
    on(this, 'keydown', (event) => this.moveTab(event));
    on(this, 'change', (event) => { if (event.target === this.ref('follow')) this.follow(event.target.checked); });
    on(this, 'scroll', (event) => this.scrolled(event.target), { capture: true, passive: true });
    this.listenToNetwork(on);
    // Back and forward between steps and tabs of this page: ours to fetch.
    on(document, 'htmx:before:history:restore', (event) => {
      if (!event.detail.path.startsWith(location.pathname)) return;
      event.preventDefault();
      this.load();
    });
  }

  // --- what happened ---

  hear(event) {
    this.announce(event);
    this.refreshSoon();
  }

  announce(event) {
    const [what, how] = event.type.split('.');
    if (what !== 'step' || !SPOKEN[how]) return;
    const name = this.querySelector(`#ticket-${event.step} .nm`)?.textContent ?? '';
    say(`Step ${event.step}, ${name}, ${SPOKEN[how]}`);
  }

  endLive(reason) {
    this.endReason = reason;
    this.showState();
    if (!reason) this.load();
  }

  // --- the page again ---

  async show(html) {
    const wasLive = this.dataset.state === 'live';
    // The panel keeps its height when the run ends, until the reader goes elsewhere: nothing moves by itself.
    if (wasLive) this.isWatched = true;
    await this.morph(this.isWatched ? html.replace('<run-kitchen', '$& data-watched') : html);
    this.clockAhead = Date.parse(this.dataset.now) - Date.now();
    if (this.isPinned && !this.ref('stream')) this.isFollowing = false;
    this.showFollowing();
    this.showState();
    this.adoptText();
    dress(this);
    this.showTicket();
    if (wasLive && this.dataset.state === 'done') this.finish();
  }

  async morph(html) {
    if (!this.parts) return super.morph(html);
    const replace = (element, text) => super.morph(text, element);
    if (!(await this.parts.take(html, replace))) await this.parts.takeWhole(html, replace);
    return null;
  }

  finish() {
    this.socket?.end();
    clearInterval(this.ticking);
    say(`The run is over: ${this.dataset.word}`);
    this.countAgain();
    this.awaitQuality();
  }

  // The assessment follows the end of a run a moment later.
  awaitQuality(tries = 4) {
    if (!tries || !this.isConnected || this.dataset.assessed === 'yes') return;
    setTimeout(async () => { await this.load(); this.awaitQuality(tries - 1); }, ASSESSED_AFTER);
  }

  // --- steps and tabs ---

  click(event) {
    if (event.target.closest('[data-ref="jump"]')) this.follow(true);
    const link = event.target.closest('a[data-go]');
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.go(link.href, { reveal: link.role !== 'tab' });
  }

  async go(address, { reveal = false } = {}) {
    if (address !== location.href) history.pushState({ htmx: true }, '', address);
    this.isWatched = false;
    await this.load();
    const stage = this.querySelector('.stage');
    const top = stage.getBoundingClientRect().top;
    if (reveal && (top < 0 || top > innerHeight * 0.6)) stage.scrollIntoView();
  }

  moveTab(event) {
    if (event.target.role !== 'tab') return;
    const tabs = [...this.querySelectorAll('[role="tab"]')];
    const at = tabs.indexOf(event.target);
    const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const tab = tabs[(next + tabs.length) % tabs.length];
    tab.focus();
    tab.click();
  }

  // The chosen ticket stays in the rail's window; the page itself does not move. Once what is new has been drawn: then
  // it is a scroll and nothing else, and nothing has to be laid out in between.
  showTicket() {
    cancelAnimationFrame(this.showing);
    this.showing = requestAnimationFrame(() => { this.showing = requestAnimationFrame(() => this.scrollToTicket()); });
  }

  scrollToTicket() {
    const rail = this.ref('rail');
    const ticket = rail?.querySelector('[aria-current]');
    if (!ticket || ticket.id === this.shownTicket) return;
    this.shownTicket = ticket.id;
    if (rail.scrollHeight <= rail.clientHeight) return;
    const [inner, outer] = [ticket.getBoundingClientRect(), rail.getBoundingClientRect()];
    if (inner.top < outer.top || inner.bottom > outer.bottom) rail.scrollTop += inner.top - outer.top - outer.height / 3;
  }

  paint() {
    super.paint();
    const stream = this.ref('stream');
    const tokens = this.ref('tokens');
    if (!stream || !tokens) return;
    const written = Math.floor(this.textOf(stream.dataset.step, stream.dataset.attempt).length / TOKEN_LENGTH);
    const text = `~${(Number(tokens.dataset.base) + written).toLocaleString('en')}`;
    if (written && tokens.textContent !== text) tokens.textContent = text;
  }

  // --- following ---

  get isPinned() {
    return new URLSearchParams(location.search).has('step');
  }

  // Following means: the step that cooks now, at its end. Not following keeps the step that is on the stage.
  follow(isFollowing) {
    this.isFollowing = isFollowing;
    const address = new URL(location.href);
    if (isFollowing) address.searchParams.delete('step');
    else address.searchParams.set('step', this.querySelector('.stage').dataset.step);
    if (address.href !== location.href) history.replaceState({ htmx: true }, '', address);
    this.showFollowing();
    if (isFollowing) this.load();
  }

  scrolled(panel) {
    if (panel !== this.ref('scroll') || !this.ref('follow')) return;
    const isAtEnd = panel.scrollHeight - panel.scrollTop - panel.clientHeight < AT_END;
    // A reader goes up; text that has grown meanwhile, or become shorter, is no reader.
    const wentUp = panel.scrollTop < this.lastTop && panel.scrollHeight >= this.lastHeight;
    this.notePlace(panel);
    if (!this.ref('stream') || isAtEnd === this.isFollowing) return;
    if (isAtEnd || wentUp) this.follow(isAtEnd);
  }

  showFollowing() {
    const box = this.ref('follow');
    if (!box) return;
    box.checked = this.isFollowing;
    this.ref('jump').hidden = this.isFollowing;
    // Tells at once, and then each time the text has grown: when all is laid out and nothing is drawn yet.
    this.growing.disconnect();
    if (this.isFollowing) this.growing.observe(this.ref('grows'));
  }

  toEnd() {
    const panel = this.ref('scroll');
    if (!this.isFollowing || !this.ref('stream')) return;
    panel.scrollTop = panel.scrollHeight;
    this.notePlace(panel);
  }

  notePlace({ scrollTop, scrollHeight }) {
    Object.assign(this, { lastTop: scrollTop, lastHeight: scrollHeight });
  }

  // --- clocks and the state of the connection ---

  tick() {
    for (const clock of this.querySelectorAll('[data-since]')) {
      const seconds = Math.max(0, Math.floor((Date.now() + this.clockAhead - Date.parse(clock.dataset.since)) / 1000));
      const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
      const two = (number) => String(number).padStart(2, '0');
      const text = hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
      if (clock.textContent !== text) clock.textContent = text;
    }
  }

  showState() {
    const conn = this.ref('conn');
    if (!conn || this.dataset.state !== 'live') return;
    const isLive = this.socket.isOpen && !this.isBehind;
    const reconnecting = `Reconnecting, shown up to event ${this.dataset.lastSeq}`;
    conn.dataset.state = isLive ? 'live' : 'retry';
    conn.lastElementChild.textContent = isLive ? 'Live' : this.endReason || reconnecting;
  }
}

customElements.define('run-kitchen', RunKitchen);
