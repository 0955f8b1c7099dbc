/** The search field; on a phone behind a button. */

/** `search(words)`: undefined for none. */
export function createSearchBox({ form, field, button, search }) {
  function show(isShown) {
    form.classList.toggle('shown', isShown);
    button.setAttribute('aria-expanded', String(isShown));
    if (isShown) field.select();
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    search(field.value.trim() || undefined);
    field.blur();
  });
  // The field's clear button empties it.
  field.addEventListener('search', () => field.value === '' && search(undefined));
  field.addEventListener('keydown', ({ key }) => {
    if (key !== 'Escape') return;
    field.blur();
    show(false);
  });
  button.addEventListener('click', () => show(!form.classList.contains('shown')));

  return {
    focus: () => show(true),
    set(words = '') {
      field.value = words;
      if (words === '') show(false);
    },
  };
}
