// <step-trial>: the answer of a step that is tried alone, as it is written.
import { LiveRun } from './live-run.js';
import { say } from './live.js';

class StepTrial extends LiveRun {
  connectedCallback() {
    if (this.dataset.state !== 'live') return;
    this.listening = new AbortController();
    const on = (target, type, handler) => target.addEventListener(type, handler, { signal: this.listening.signal });
    this.listenToNetwork(on);
    this.watch();
    this.adoptText();
  }

  disconnectedCallback() {
    this.listening?.abort();
    this.leave();
  }

  hear() {
    this.refreshSoon();
  }

  fetchPage() {
    const address = new URL(location.href);
    address.searchParams.set('trial', '1');
    return super.fetchPage(address.href);
  }

  async show(html) {
    await this.morph(html);
    this.adoptText();
    if (this.dataset.state === 'live') return;
    this.socket?.end();
    say('The trial is over');
  }

  endLive(reason) {
    if (!reason) this.load();
  }

  showState() {}
}

customElements.define('step-trial', StepTrial);
