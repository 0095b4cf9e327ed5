// Says a sentence to people who use a screen reader, through the page's live region.
export function say(text) {
  const region = document.getElementById('live');
  if (!region) return;
  region.textContent = '';
  requestAnimationFrame(() => { region.textContent = text; });
}
