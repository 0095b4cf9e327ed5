// Passkeys (WebAuthn, level 3). A form marked data-passkey="make" or "ask" carries what the browser's dialog answers in
// its field `credential`. data-options names the JSON of the options; without it they are fetched from the form's address.
import { toast } from './toast.js';

const ADDRESS_OF_NUMBERS = /^(\d+\.){3}\d+$|^\[/;
const WORDS = {
  InvalidStateError: 'This device has a passkey for your account already.',
  NotAllowedError: 'No passkey was used. Try again, or go another way.',
  SecurityError: 'The browser takes no passkeys at this address.',
};

function usable() {
  if (ADDRESS_OF_NUMBERS.test(location.hostname)) return 'ip';
  return window.PublicKeyCredential?.parseCreationOptionsFromJSON ? '' : 'old';
}

function explain(reason) {
  document.querySelector(`[data-passkey-${reason}]`)?.removeAttribute('hidden');
  if (!location.hostname.startsWith('127.')) return;
  const named = document.querySelector('[data-passkey-loopback]');
  if (!named) return;
  named.hidden = false;
  named.querySelector('a').href = location.href.replace(location.hostname, 'localhost');
}

async function options(form) {
  if (form.dataset.options) return JSON.parse(document.getElementById(form.dataset.options).textContent).publicKey;
  const answer = await fetch(form.action, { headers: { Accept: 'application/json' } });
  if (!answer.ok) throw new Error(answer.status === 429 ? 'Too many attempts. Try again in a few minutes.' : 'The server did not answer. Try again.');
  return (await answer.json()).request_options.publicKey;
}

function make(given, alone) {
  const needed = alone ? 'required' : 'discouraged';
  const selection = { ...given.authenticatorSelection, residentKey: needed, requireResidentKey: alone };
  if (alone) selection.userVerification = 'required';
  const asked = { ...given, authenticatorSelection: selection };
  return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked) });
}

function ask(given) {
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(given) });
}

async function send(form, button) {
  button.setAttribute('aria-busy', 'true');
  try {
    const given = await options(form);
    const alone = form.elements.passwordless?.checked ?? false;
    const credential = form.dataset.passkey === 'make' ? await make(given, alone) : await ask(given);
    form.elements.credential.value = JSON.stringify(credential);
    form.submit();
  } catch (error) {
    button.removeAttribute('aria-busy');
    toast(WORDS[error.name] ?? error.message, 'warning');
  }
}

const reason = usable();
if (reason) explain(reason);
for (const form of reason ? [] : document.querySelectorAll('form[data-passkey]')) {
  form.hidden = false;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    send(form, event.submitter ?? form.querySelector('button'));
  });
}
