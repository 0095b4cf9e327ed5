// <agent-chat>: keeps a conversation up to date while an answer is written. The page works as a plain form without it.
import { LiveRun } from './live-run.js';
import { say } from './live.js';
import './slash.js';

class AgentChat extends LiveRun {
  connectedCallback() {
    this.listening = new AbortController();
    const on = (target, type, handler, options = {}) =>
      target.addEventListener(type, handler, { signal: this.listening.signal, ...options });
    on(this, 'keydown', (event) => this.sendByKey(event));
    on(this, 'submit', (event) => this.sendOnce(event));
    on(this, 'input', (event) => this.keepDraft(event));
    this.bringDraftBack();
    if (this.dataset.state !== 'live') return;
    this.listenToNetwork(on);
    this.watch();
    this.adoptText();
    this.ref('stream')?.scrollIntoView({ block: 'nearest' });
  }

  disconnectedCallback() {
    this.listening.abort();
    this.leave();
  }

  sendByKey(event) {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.target.name !== 'message') return;
    event.preventDefault();
    event.target.form.requestSubmit();
  }

  // The same message is not sent twice by an impatient second press.
  sendOnce(event) {
    if (!event.target.matches('[data-message]')) return;
    if (this.isSending) event.preventDefault();
    this.isSending = true;
    this.noteSent();
    event.target.querySelector('[type="submit"]').setAttribute('aria-busy', 'true');
  }

  // What is being written stays in this browser, per person and conversation, also through a sign-out. A sent message is
  // forgotten once the page of its answer is there, so a send that ended at the sign-in loses nothing.
  get draftKey() {
    const conversation = new URLSearchParams(location.search).get('conversation') || 'new';
    return `message ${this.dataset.person} ${location.pathname} ${conversation}`;
  }

  keepDraft(event) {
    if (event.target.name !== 'message') return;
    if (event.target.value) localStorage.setItem(this.draftKey, event.target.value);
    else localStorage.removeItem(this.draftKey);
  }

  noteSent() {
    sessionStorage.setItem('message sent', JSON.stringify({ key: this.draftKey, from: location.search }));
  }

  bringDraftBack() {
    const query = new URLSearchParams(location.search);
    const sent = JSON.parse(sessionStorage.getItem('message sent') || 'null');
    if (sent && query.has('at') && location.search !== sent.from) {
      localStorage.removeItem(sent.key);
      sessionStorage.removeItem('message sent');
    }
    const message = this.querySelector('[name="message"]');
    const draft = localStorage.getItem(this.draftKey);
    if (message && !message.value && draft && !query.has('edit')) message.value = draft;
  }

  hear(event) {
    if (event.type === 'tool.started') say(`${this.dataset.agent} uses ${event.data.tool}`);
    this.refreshSoon();
  }

  async show(html) {
    const wasLive = this.dataset.state === 'live';
    if (wasLive) this.isWatched = true;
    await this.morph(this.isWatched ? html.replace('<agent-chat', '$& data-watched') : html);
    this.adoptText();
    if (!wasLive || this.dataset.state === 'live') return;
    this.socket.end();
    this.letGo();
    this.countAgain();
    say(`${this.dataset.agent} answered`);
  }

  // The room that was kept for the answer goes once the reader does something: until then nothing moves by itself.
  // Not before a press is over: what moves away between press and release is not clicked.
  letGo() {
    const go = new AbortController();
    const release = () => {
      this.isWatched = false;
      this.removeAttribute('data-watched');
      go.abort();
    };
    for (const type of ['click', 'keydown', 'wheel', 'touchmove']) {
      document.addEventListener(type, release, { signal: go.signal, passive: true });
    }
  }

  endLive(reason) {
    this.endReason = reason;
    this.showState();
    if (!reason) this.load();
  }

  showState() {
    const conn = this.ref('conn');
    if (!conn || this.dataset.state !== 'live') return;
    const isLive = this.socket.isOpen && !this.isBehind;
    conn.dataset.state = isLive ? 'live' : 'retry';
    conn.firstElementChild.textContent = isLive ? 'Answering' : this.endReason || 'Reconnecting';
  }
}

customElements.define('agent-chat', AgentChat);
