// Several files at once, or folders, each sent by itself with its progress: form[data-files], data-largest: bytes each.
const form = document.querySelector('form[data-files]');
const field = form.elements.namedItem('file');
const drop = form.querySelector('[data-drop]');
const list = form.querySelector('[data-queue]');
const sum = form.querySelector('[data-sum]');
const largest = Number(form.dataset.largest);
const MOST = 2000;
const LEFT_OUT = /(^|\/)(\.|__MACOSX\/|Thumbs\.db$|desktop\.ini$)/i;
const WORDS = { added: 'Added', replaced: 'New text of its document', unchanged: 'There already' };
const queue = [];
let hidden = 0;
let sending = false;

drop.hidden = false;
field.addEventListener('change', () => {
  // A single one is sent with its title, as without this script.
  if (field.files.length > 1 || queue.length) take([]);
});
form.querySelector('[data-folder]').addEventListener('click', () => {
  const folder = Object.assign(document.createElement('input'), { type: 'file', multiple: true, webkitdirectory: true });
  folder.addEventListener('change', () => take([...folder.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }))));
  folder.click();
});
document.addEventListener('dragover', (event) => {
  if (event.dataTransfer?.types.includes('Files')) event.preventDefault();
});
document.addEventListener('drop', async (event) => {
  if (!event.dataTransfer?.files.length) return;
  event.preventDefault();
  // The list of what was dropped is empty after the first wait, so all of it is asked for at once.
  const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const found = entries.length ? [] : [...event.dataTransfer.files].map((file) => ({ file, path: file.name }));
  for (const entry of entries) await walk(entry, found);
  take(found);
});
form.addEventListener('submit', (event) => {
  if (!queue.length) return;
  event.preventDefault();
  if (!sending) send();
});
window.addEventListener('beforeunload', (event) => {
  if (sending) event.preventDefault();
});

async function walk(entry, found) {
  if (found.length > MOST || LEFT_OUT.test(entry.isDirectory ? `${entry.fullPath}/` : entry.fullPath)) {
    hidden += 1;
    return;
  }
  if (entry.isFile) {
    const file = await new Promise((resolve) => entry.file(resolve, () => resolve(null)));
    if (file) found.push({ file, path: entry.fullPath.replace(/^\//, '') });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (!some.length) return;
    for (const one of some) await walk(one, found);
  }
}

function take(found) {
  const chosen = [...field.files].map((file) => ({ file, path: file.name }));
  for (const { file, path } of [...chosen, ...found]) {
    if (LEFT_OUT.test(path)) hidden += 1;
    else if (queue.length < MOST && !queue.some((one) => one.path === path && !one.done)) queue.push(row(file, path));
  }
  field.value = '';
  list.hidden = !queue.length;
  tell();
  field.focus();
}

function row(file, path) {
  const item = document.createElement('li');
  const name = Object.assign(document.createElement('p'), { className: 'break-words font-medium', textContent: path });
  const bar = Object.assign(document.createElement('progress'), { className: 'sync-progress', max: 1, value: 0, hidden: true });
  bar.setAttribute('aria-label', `Sending ${path}`);
  const said = Object.assign(document.createElement('p'), { className: 'text-sm text-muted break-words', textContent: 'Waiting' });
  item.append(name, bar, said);
  list.append(item);
  const one = { file, path, bar, said, done: false, outcome: '' };
  if (file.size > largest) refuse(one, `The file has ${file.size.toLocaleString('en')} bytes; at most ${largest.toLocaleString('en')} are taken. Split it.`);
  return one;
}

async function send() {
  sending = true;
  const waiting = queue.filter((one) => !one.done && one.file.size <= largest);
  for (const one of waiting) {
    one.outcome = '';
    await post(one).catch((error) => refuse(one, error.message));
    tell();
  }
  sending = false;
  tell();
}

function post(one) {
  const body = new FormData();
  for (const name of ['csrfmiddlewaretoken', 'way']) body.set(name, form.elements.namedItem(name).value);
  if (form.elements.namedItem('keep_both').checked) body.set('keep_both', 'on');
  body.set('path', one.path);
  body.set('file', one.file);
  one.bar.hidden = false;
  one.said.textContent = 'Sending';
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', location.pathname);
    request.setRequestHeader('Accept', 'application/json');
    request.responseType = 'json';
    request.upload.addEventListener('progress', (event) => {
      if (event.lengthComputable) one.bar.value = event.loaded / event.total;
    });
    request.addEventListener('error', () => reject(new Error('The server could not be reached. Press Add to send it again.')));
    request.addEventListener('load', () => {
      const answer = request.response;
      one.bar.hidden = true;
      if (request.status === 200 && answer?.outcome) {
        Object.assign(one, { done: true, outcome: answer.outcome });
        one.said.textContent = answer.said;
        resolve();
      } else if (answer?.error) reject(new Error(answer.error));
      else reject(new Error(request.status === 200 ? 'You are signed out. Sign in in another tab, then press Add.' : `The server answered ${request.status}. Press Add to send it again.`));
    });
    request.send(body);
  });
}

function refuse(one, why) {
  one.bar.hidden = true;
  one.outcome = 'refused';
  one.said.textContent = `Not taken. ${why}`;
}

function tell() {
  const count = (outcome) => queue.filter((one) => one.outcome === outcome).length;
  const waiting = queue.filter((one) => !one.outcome).length;
  const parts = Object.entries(WORDS).filter(([outcome]) => count(outcome)).map(([outcome, word]) => `${word}: ${count(outcome)}.`);
  if (count('refused')) parts.push(`Not taken: ${count('refused')}.`);
  if (waiting) parts.push(sending ? `Still to send: ${waiting}.` : `${waiting} file${waiting === 1 ? '' : 's'} chosen; press Add to send ${waiting === 1 ? 'it' : 'them'}.`);
  if (hidden) parts.push(`Hidden files left out: ${hidden}.`);
  if (queue.length >= MOST) parts.push(`At most ${MOST.toLocaleString('en')} files are taken at once.`);
  sum.textContent = parts.join(' ');
}
