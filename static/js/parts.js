// A page that is fetched again and again is cut into parts, and only those that read differently from before are touched,
// a few milliseconds at a time: an element with an id and `data-part`, up to the comment that ends it. Where one stands
// in a list whose items come and go, `data-part` has the list's id. What stands in no part is the frame.
const PART = /<\w+[^>]*?\sdata-part="([\w-]*)"[^>]*>[\s\S]*?<!--\/part-->/g;
const ID = /\sid="([^"]+)"/;
// Differs each time although nothing changed: a form's token, and a clock, which the page keeps going by itself.
const VOLATILE = /(?<=name="csrfmiddlewaretoken" value=")[^"]*|(?<=\bdata-since="[^"]*">)[^<]*/g;
const BETWEEN = /<!--[\s\S]*?-->|\s+/g;
const SPLIT = '.kgrid, .kcol'; // boxes of sections
const SLICE = 10; // milliseconds of work, then the browser may draw and hear

const tidy = (html) => html.replace(VOLATILE, '').replace(BETWEEN, ' ');

function parse(html) {
  const template = document.createElement('template');
  template.innerHTML = html.trim();
  return template.content.firstElementChild;
}

// A section by what it is called, the second of a name by its place among them.
function keyed(parent) {
  const found = new Map();
  for (const child of parent.children) {
    const name = child.id || child.getAttribute('aria-labelledby') || `${child.tagName}.${child.className}`;
    let key = name;
    for (let place = 2; found.has(key); place += 1) key = `${name} ${place}`;
    found.set(key, child);
  }
  return found;
}

export class Parts {
  // root: as the server made it; read before anything is changed in it.
  constructor(root) {
    this.root = root;
    const copy = root.cloneNode(true);
    const known = [...copy.querySelectorAll('[data-part]')];
    this.said = new Map(known.map((part) => [part.id, null]));
    this.fixed = known.filter((part) => !part.dataset.part).map((part) => part.id).join();
    for (const part of known) part.remove();
    this.frame = tidy(copy.innerHTML).replace(BETWEEN, '');
  }

  // Brings in a new page; false where its frame is another, so that it has to be taken whole. replace: (element, html).
  async take(html, replace) {
    const parts = new Map();
    const rest = html.replace(PART, (text, list) => {
      parts.set(text.match(ID)[1], { list, text: text.slice(0, -'<!--/part-->'.length), said: text.replace(VOLATILE, '') });
      return '';
    });
    const root = parse(rest);
    const frame = tidy(root.innerHTML).replace(BETWEEN, '');
    const fixed = [...parts].filter(([, part]) => !part.list).map(([id]) => id).join();
    const isSame = frame === this.frame && fixed === this.fixed;
    Object.assign(this, { frame, fixed });
    if (!isSame) {
      this.said = new Map([...parts].map(([id, part]) => [id, part.said]));
      return false;
    }
    this.takeAttributes(root);
    this.takeLists(parts);
    await this.takeParts(parts, replace);
    return true;
  }

  takeAttributes(root) {
    for (const { name } of [...this.root.attributes]) if (!root.hasAttribute(name)) this.root.removeAttribute(name);
    for (const { name, value } of root.attributes) {
      if (this.root.getAttribute(name) !== value) this.root.setAttribute(name, value);
    }
  }

  takeLists(parts) {
    for (const id of [...this.said.keys()]) {
      if (parts.has(id)) continue;
      document.getElementById(id)?.remove();
      this.said.delete(id);
    }
    const last = new Map();
    for (const [id, { list, text, said }] of parts) {
      if (!list) continue;
      let item = this.said.has(id) ? document.getElementById(id) : null;
      if (!item) {
        item = parse(text);
        this.said.set(id, said);
      }
      const before = last.get(list);
      const isInPlace = before ? before.nextElementSibling === item : item.parentElement?.firstElementChild === item;
      if (!isInPlace && before) before.after(item);
      else if (!isInPlace) document.getElementById(list)?.prepend(item);
      last.set(list, item);
    }
  }

  // The same where the frame is another, as at a run's end: section by section, a few milliseconds at a time.
  async takeWhole(html, replace) {
    const root = parse(html);
    for (const { name, value } of root.attributes) if (!this.root.hasAttribute(name)) this.root.setAttribute(name, value);
    this.began = performance.now();
    await this.takeChildren(this.root, root, replace);
    // Last, since what they say of the run is then shown.
    this.takeAttributes(root);
  }

  async takeChildren(parent, fresh, replace) {
    const known = keyed(parent);
    let last = null;
    for (const [key, child] of keyed(fresh)) {
      const old = known.get(key);
      known.delete(key);
      const place = last ? last.nextElementSibling : parent.firstElementChild;
      if (old && old !== place) parent.insertBefore(old, place);
      if (!old) parent.insertBefore(child, place);
      else if (child.matches(SPLIT)) await this.takeChildren(old, child, replace);
      else if (!old.isEqualNode(child)) await replace(old, child.outerHTML);
      last = last ? last.nextElementSibling : parent.firstElementChild;
      await this.breathe();
    }
    for (const old of known.values()) old.remove();
  }

  async breathe() {
    if (performance.now() - this.began < SLICE) return;
    await new Promise((go) => setTimeout(go));
    this.began = performance.now();
  }

  async takeParts(parts, replace) {
    this.began = performance.now();
    for (const [id, { text, said }] of parts) {
      if (this.said.get(id) === said) continue;
      const element = document.getElementById(id);
      if (!element) return;
      // What the page was loaded with is not known as text.
      if (this.said.get(id) !== null || !element.isEqualNode(parse(text))) await replace(element, text);
      this.said.set(id, said);
      await this.breathe();
    }
  }
}
