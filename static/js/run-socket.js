// The socket of a run: asks for everything after the last event it has, and comes back after any interruption.
// Events reach `onEvent` once each and in order; a hole is never skipped, the socket is opened again and asks anew.
const LONGEST_WAIT = 15_000; // milliseconds between two tries
const STEADY = 3_000; // a connection that lasted this long was a good one
const NOT_SIGNED_IN = 4401;
const NOT_THERE = 4404;

export class RunSocket {
  constructor({ path, after, onEvent, onText, onThinking, onProgress, onState, onEnd }) {
    Object.assign(this, { path, seq: after, onEvent, onText, onThinking, onProgress, onState, onEnd });
    this.tries = 0;
    this.ended = false;
  }

  get isOpen() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  connect() {
    if (this.ended || this.socket?.readyState <= WebSocket.OPEN) return;
    clearTimeout(this.retry);
    const address = new URL(this.path, location.href);
    address.protocol = address.protocol.replace('http', 'ws');
    address.searchParams.set('after', this.seq);
    const socket = new WebSocket(address);
    this.socket = socket;
    socket.onopen = () => { this.openedAt = Date.now(); this.onState(); };
    socket.onmessage = (message) => this.receive(JSON.parse(message.data));
    socket.onclose = (event) => { if (socket === this.socket) this.closed(event.code); };
  }

  receive(message) {
    if (message.type === 'text') {
      this.onText(message);
    } else if (message.type === 'thinking') {
      this.onThinking(message);
    } else if (message.type === 'progress') {
      this.onProgress(message);
    } else if (message.seq > this.seq + 1) {
      this.drop();
    } else if (message.seq === this.seq + 1) {
      this.seq = message.seq;
      this.onEvent(message);
    }
  }

  send(message) {
    if (this.isOpen) this.socket.send(JSON.stringify(message));
  }

  closed(code) {
    if (this.ended) return;
    if (code === 1000 || code === NOT_SIGNED_IN || code === NOT_THERE) {
      this.ended = true;
      this.onEnd(code === 1000 ? '' : code === NOT_SIGNED_IN ? 'Signed out. Load the page again.' : 'This run is not yours to watch any more.');
      return;
    }
    if (Date.now() - this.openedAt > STEADY) this.tries = 0;
    const wait = Math.min(LONGEST_WAIT, 400 * 2 ** this.tries++) * (0.7 + Math.random() * 0.6);
    this.retry = setTimeout(() => this.connect(), wait);
    this.onState();
  }

  // The network is known to be gone, or to be wrong: the next try starts from the last good event.
  drop() {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    this.closed(0);
  }

  end() {
    this.ended = true;
    clearTimeout(this.retry);
    this.socket?.close();
  }
}
