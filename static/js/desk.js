// Keys of the moderator's desk. They act only while the list or the text has the focus, and open a decision, never take it.
(() => {
  const typing = (target) => target.closest("input:not([type=checkbox]), textarea, select");
  const plain = (event) => !event.ctrlKey && !event.metaKey && !event.altKey && !typing(event.target);

  const queue = document.querySelector('[data-keys="queue"]');
  if (queue) {
    const rows = [...queue.querySelectorAll("tbody tr")];
    const links = rows.map((row) => row.querySelector("th a"));
    const place = () => rows.findIndex((row) => row.contains(document.activeElement));
    const go = (step) => links[Math.min(rows.length - 1, Math.max(0, place() + step))].focus();
    queue.addEventListener("focusin", () => {
      rows.forEach((row, number) => row.classList.toggle("at", number === place()));
    });
    queue.addEventListener("keydown", (event) => {
      if (!plain(event)) return;
      const key = event.key.toLowerCase();
      if (key === "j") go(1);
      else if (key === "k") go(-1);
      else if (key === "x" && place() >= 0) rows[place()].querySelector("input").click();
      else return;
      event.preventDefault();
    });
  }

  const text = document.querySelector('[data-keys="text"]');
  if (text) {
    const notes = [...text.querySelectorAll(".note-on")];
    let at = -1;
    const finding = (step) => {
      if (!notes.length) return;
      at = (at + step + notes.length) % notes.length;
      notes[at].scrollIntoView({ block: "center" });
    };
    const file = (step) => {
      const files = [...document.querySelectorAll("[data-file]")];
      const now = files.findIndex((link) => link.getAttribute("aria-current"));
      files[now + step]?.click();
    };
    const other = () => {
      const views = [...document.querySelectorAll("[data-view]")];
      const now = views.findIndex((link) => link.getAttribute("aria-current"));
      views[(now + 1) % 2]?.click();
    };
    const decide = (key) => {
      const found = document.querySelector(`details[data-key="${key}"]`);
      if (!found) return false;
      found.open = true;
      found.querySelector("textarea, button, input:not([type=hidden])")?.focus();
      return true;
    };
    text.addEventListener("keydown", (event) => {
      if (!plain(event)) return;
      const key = event.key.toLowerCase();
      const moves = { j: () => finding(1), k: () => finding(-1), n: () => file(1), p: () => file(-1), v: other };
      if (moves[key]) moves[key]();
      else if (!("acrdbo".includes(key) && decide(key))) return;
      event.preventDefault();
    });
  }
})();
