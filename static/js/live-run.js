// What the pages of a live run share: the socket, the page fetched again and morphed, and the text that streams in.
// The server renders the page; only the text a model is writing is put in here, always as text, never as HTML.
import { RunSocket } from './run-socket.js';
import { StreamedText } from './streamed-text.js';

const REFRESH_AFTER = 100; // milliseconds: several events at once are one refresh
const MOST_WAIT = 1_000;
const TRY_AGAIN_AFTER = 1_500;
const PAINT_EVERY = 111; // nine times a second reads as smooth and costs little
const ASK_EVERY = 1_000;
const BLOCKS_EVERY = 1_000; // more with the length of the text, as making it anew costs the server more

// Called for each node that htmx would morph; false leaves the old one as it is.
const keepBlocks = {
  htmx_before_morph_node(_, { oldNode, newNode }) {
    if (oldNode.dataset?.ref !== 'settled') return true;
    if (newNode.dataset.from === '0') oldNode.replaceChildren();
    oldNode.append(...newNode.childNodes);
    oldNode.dataset.upto = newNode.dataset.upto;
    return false;
  },
};

// Subclasses say what follows an event (`hear`), a new page (`show`) and the end (`endLive`).
export class LiveRun extends HTMLElement {
  texts = new Map();
  asked = new Map();

  ref(name) {
    return this.querySelector(`[data-ref="${name}"]`);
  }

  watch() {
    window.htmx.registerExtension('keep-blocks', keepBlocks);
    this.socket = new RunSocket({
      path: this.dataset.socket,
      after: Number(this.dataset.lastSeq),
      onEvent: (event) => this.hear(event),
      onText: (piece) => this.takeText(piece),
      onThinking: (piece) => this.takeThinking(piece),
      onProgress: (piece) => this.takeProgress(piece),
      onState: () => this.showState(),
      onEnd: (reason) => this.endLive(reason),
    });
    this.socket.connect();
  }

  leave() {
    this.socket?.end();
    clearTimeout(this.refreshing);
    clearTimeout(this.painting);
    clearTimeout(this.gettingBlocks);
  }

  listenToNetwork(on) {
    on(window, 'online', () => this.socket?.connect());
    on(window, 'offline', () => this.socket?.drop());
    on(document, 'visibilitychange', () => { if (!document.hidden) this.socket?.connect(); });
  }

  // A page that takes long to fetch and to bring in is not asked for as often.
  refreshSoon() {
    const wait = REFRESH_AFTER + Math.min(MOST_WAIT, this.tookLast ?? 0);
    this.refreshing ??= setTimeout(() => { this.refreshing = null; this.load(); }, wait);
  }

  // The whole page, or an element of it. Morphing would open what the reader closed, and close what they opened.
  async morph(html, target = this) {
    const folds = [...target.querySelectorAll('details[id]')].map((details) => [details.id, details.open]);
    await window.htmx.swap({ text: html, target, swap: 'outerMorph', sourceElement: this });
    for (const [id, isOpen] of folds) document.getElementById(id)?.toggleAttribute('open', isOpen);
  }

  // Fetches the page at the present address and morphs it in. One at a time; a call meanwhile makes one more round.
  async load() {
    this.isStale = true;
    if (this.isLoading) return;
    this.isLoading = true;
    while (this.isStale) {
      this.isStale = false;
      const [address, began] = [location.href, performance.now()];
      const html = await this.fetchPage(address);
      this.isBehind = html === null;
      if (this.isBehind) break;
      if (address === location.href) await this.show(html);
      else this.isStale = true;
      this.tookLast = performance.now() - began;
    }
    this.isLoading = false;
    if (this.isBehind && this.isConnected) setTimeout(() => this.load(), TRY_AGAIN_AFTER);
    this.showState();
  }

  async fetchPage(address) {
    try {
      const response = await fetch(address, { headers: { 'HX-Request': 'true', 'Shown-Blocks': this.shownBlocks } });
      if (response.status === 401 || response.status === 404) location.reload();
      return response.ok ? (await response.text()).trim() : null;
    } catch {
      return null;
    }
  }

  // Blocks that no later text changes are sent once: the page says which it has, and gets what follows.
  get shownBlocks() {
    const settled = this.ref('settled');
    return settled ? `${settled.dataset.of}-${settled.dataset.upto}` : '';
  }

  // What is counted as cooking, in the navigation and beside an agent's name, stands outside of what is morphed.
  async countAgain() {
    const response = await fetch(location.href).catch(() => null);
    if (!response?.ok) return;
    const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
    for (const nav of document.querySelectorAll('.nav')) nav.innerHTML = fresh.querySelector('.nav').innerHTML;
    // It keeps its place, so that what stands below does not move.
    const pill = document.getElementById('cooking-now');
    if (pill && !fresh.getElementById('cooking-now')) pill.style.visibility = 'hidden';
  }

  // --- text as it is written ---

  textOf(step, attempt) {
    const key = `${step}:${attempt}`;
    if (!this.texts.has(key)) this.texts.set(key, new StreamedText());
    return this.texts.get(key);
  }

  takeText({ step, attempt, offset, text }) {
    const known = this.textOf(step, attempt);
    if (!known.take(offset, text)) this.askForText(step, attempt, known.length);
    this.painting ??= setTimeout(() => { this.painting = null; this.paint(); }, PAINT_EVERY);
  }

  // Thinking is not kept while it comes: who looks later sees what comes then, and all of it once the answer is there.
  takeThinking({ step, attempt, offset, text }) {
    const key = `thinking:${step}:${attempt}`;
    this.texts.set(key, (offset && this.texts.get(key) || '') + text);
    this.paintThinking();
  }

  paintThinking() {
    const fold = this.ref('thinking');
    const text = fold && this.texts.get(`thinking:${fold.dataset.step}:${fold.dataset.attempt}`);
    if (!text) return;
    fold.hidden = false;
    this.ref('thought').textContent = text;
  }

  // How far a call of a tool is; nothing of it is kept.
  takeProgress({ step, attempt, text }) {
    this.texts.set(`progress:${step}:${attempt}`, text);
    this.paintProgress();
  }

  paintProgress() {
    const line = this.ref('progress');
    const text = line && this.texts.get(`progress:${line.dataset.step}:${line.dataset.attempt}`);
    if (!text) return;
    line.hidden = false;
    line.textContent = text;
  }

  askForText(step, attempt, offset) {
    const key = `${step}:${attempt}`;
    if (Date.now() - (this.asked.get(key) ?? 0) < ASK_EVERY) return;
    this.asked.set(key, Date.now());
    this.socket.send({ type: 'text_from', step, attempt, offset });
  }

  // The server may have rendered more than came through the socket, or less: the longer text stands.
  adoptText() {
    const stream = this.ref('stream');
    if (!stream) return;
    const { step, attempt, offset } = stream.dataset;
    const known = this.textOf(step, attempt);
    if (Number(offset) > known.length) known.set(standIn(stream) + stream.textContent, Number(offset));
    this.paint();
    this.paintThinking();
    this.paintProgress();
  }

  paint() {
    const stream = this.ref('stream');
    if (!stream) return;
    const whole = this.textOf(stream.dataset.step, stream.dataset.attempt).text;
    const text = whole.slice(Number(stream.dataset.base ?? 0));
    this.blocksSoon(stream, text);
    const shown = stream.textContent;
    if (shown === text) return;
    if (stream.childNodes.length === 1 && text.startsWith(shown)) stream.firstChild.appendData(text.slice(shown.length));
    else stream.textContent = text;
  }

  // Finished blocks come from the server as HTML, with the page; what is still written stays text.
  blocksSoon(stream, text) {
    if (!('base' in stream.dataset) || this.gettingBlocks || !hasFinishedBlock(text)) return;
    const wait = BLOCKS_EVERY + Number(stream.dataset.base) / 20;
    this.gettingBlocks = setTimeout(() => { this.gettingBlocks = null; this.load(); }, wait);
  }
}

// An empty line outside of a block of code.
function hasFinishedBlock(text) {
  const fences = [...text.matchAll(/^ *(?:```|~~~)/gm)];
  const closed = fences.length % 2 ? text.slice(0, fences.at(-1).index) : text;
  return /\n[ \t]*\n/.test(closed);
}

// As long as the text whose blocks the page holds as HTML, in places and in characters (an emoji takes two places).
function standIn({ dataset, textContent }) {
  const places = Number(dataset.base ?? 0);
  const characters = Number(dataset.offset) - [...textContent].length;
  const wide = Math.max(0, places - characters);
  return '\u{1F372}'.repeat(wide) + ' '.repeat(Math.max(0, characters - wide));
}
