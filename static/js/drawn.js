// What a form holds as the server drew it, in the order of its FormData. A page that keeps itself begins from this and not
// from what it finds: on a slow line somebody has typed before its script was there.
export function asDrawn(form, without) {
  const data = new URLSearchParams();
  for (const field of form.elements) {
    if (!field.name || without.includes(field.name) || field.matches(':disabled, button, fieldset, [type="file"]')) continue;
    if (field.options) for (const option of drawnAsChosen(field)) data.append(field.name, option.value);
    else if (!field.matches('[type="radio"], [type="checkbox"]')) data.append(field.name, field.getAttribute('type') === 'range' ? drawnRange(field) : field.defaultValue);
    else if (field.defaultChecked) data.append(field.name, field.value);
  }
  return data.toString();
}

function drawnAsChosen(field) {
  const options = [...field.options].filter((option) => !option.disabled);
  const chosen = options.filter((option) => option.defaultSelected);
  return chosen.length || field.multiple ? chosen : options.slice(0, 1);
}

// A browser puts a range without a value in its middle.
function drawnRange(field) {
  return field.defaultValue || field.value;
}
