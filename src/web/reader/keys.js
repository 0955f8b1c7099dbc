/** The keyboard. `acts`: actions by key; two keys in a row as `g a`. */

const SECOND_KEY_WITHIN_MS = 1_000;
const isField = (target) => target.closest?.('input, textarea, select, [contenteditable]');

export function listenToKeys(acts) {
  let first = '';
  let firstAt = 0;
  document.addEventListener('keydown', (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || isField(target)) return;
    if (document.querySelector('dialog[open]')) return;
    const isSecond = first !== '' && event.timeStamp - firstAt < SECOND_KEY_WITHIN_MS;
    const act = acts[isSecond ? `${first} ${key}` : key];
    first = '';
    if (act) {
      event.preventDefault();
      act();
    } else if (Object.keys(acts).some((keys) => keys.startsWith(`${key} `))) {
      first = key;
      firstAt = event.timeStamp;
    }
  });
}
