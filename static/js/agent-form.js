// The agent form: the preview beside it follows the typing, personas can be filtered, a persona's prompt becomes one's own.
const form = document.getElementById('agent-form');
const field = (name) => form.elements.namedItem(name);
const checked = (name) => form.querySelector(`[name="${name}"]:checked`);
const chosenText = (select) => select.options[select.selectedIndex]?.text ?? '';

function personaShown() {
  const kind = checked('persona_kind')?.value;
  if (kind === 'custom') return 'Your own prompt';
  if (kind === 'predefined') return checked('persona_id')?.dataset.name ?? 'Not chosen';
  return 'None';
}

function modelShown() {
  const provider = checked('provider')?.value;
  if (provider === 'other') return field('other_model').value.trim();
  const model = checked('model');
  return model?.value.startsWith(`${provider}:`) ? model.dataset.label : '';
}

// Choosing a provider chooses its first model, unless one of its models is chosen already.
function chooseModel(provider) {
  if (provider === 'other' || modelShown()) return;
  const first = form.querySelector(`[name="model"][value^="${provider}:"]`);
  if (first) first.checked = true;
}

function preview() {
  const shown = {
    name: field('name').value.trim() || 'Unnamed agent',
    category: chosenText(field('category')),
    description: field('description').value.trim() || 'Say in a sentence what it does.',
    persona: personaShown(),
    model: modelShown() || 'Not chosen',
    // What the model does not take is kept in a hidden field.
    temperature: field('temperature').type === 'hidden' ? 'Not taken' : field('temperature').value,
    max_tokens: field('max_tokens').value || '2000',
    fallback: chosenText(field('fallback_model')),
  };
  for (const [name, text] of Object.entries(shown)) {
    const place = document.querySelector(`[data-show="${name}"]`);
    if (place) place.textContent = text;
  }
}

function promptOf(radio) {
  return radio?.closest('.persona')?.querySelector('[data-prompt]')?.textContent ?? '';
}

// Going from a predefined persona to one's own prompt starts from that persona's words, unless something is there.
function prefill(radio) {
  const own = field('custom_prompt');
  if (!own.value.trim()) own.value = promptOf(radio);
}

form.addEventListener('input', preview);
form.addEventListener('htmx:after:swap', preview);
form.addEventListener('change', (event) => {
  if (event.target.name === 'persona_kind' && event.target.value === 'custom') prefill(checked('persona_id'));
  if (event.target.name === 'provider') chooseModel(event.target.value);
  preview();
});

form.addEventListener('click', (event) => {
  const button = event.target.closest('[data-temperature], [data-own], [data-category]');
  if (!button || button.matches('.persona')) return;
  if (button.dataset.temperature) {
    event.preventDefault();
    field('temperature').value = button.dataset.temperature;
    field('temperature').dispatchEvent(new Event('input', { bubbles: true }));
    field('temperature').focus();
  } else if ('own' in button.dataset) {
    event.preventDefault();
    prefill(button.closest('.persona').querySelector('[type="radio"]'));
    form.querySelector('[name="persona_kind"][value="custom"]').checked = true;
    field('custom_prompt').focus();
    preview();
  } else if (button.matches('.chip')) {
    showCategory(button);
  }
});

function showCategory(chip) {
  for (const other of chip.parentElement.children) other.setAttribute('aria-pressed', String(other === chip));
  for (const persona of form.querySelectorAll('.persona')) {
    persona.hidden = Boolean(chip.dataset.category) && persona.dataset.category !== chip.dataset.category;
  }
}

for (const filter of form.querySelectorAll('[data-persona-filter]')) filter.hidden = false;
