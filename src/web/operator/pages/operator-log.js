import { el, visible } from './page.js';

export function logTable(actions) {
  if (actions.length === 0) return el('p', { class: 'soft' }, 'No changes yet.');
  const row = ({ at, who, from, action, what }) =>
    el(
      'tr',
      {},
      el('td', { class: 'nowrap' }, new Date(at).toLocaleString()),
      el('td', {}, from ? `${visible(who)} (${from})` : visible(who)),
      el('td', {}, visible(action)),
      el('td', {}, visible(inWords(what))),
    );
  const head = ['When', 'Who', 'Action', 'Details'].map((name) => el('th', { scope: 'col' }, name));
  const rows = el('tbody', {}, actions.map(row));
  return el(
    'div',
    { class: 'card table' },
    el('table', { class: 'jobs' }, el('thead', {}, el('tr', {}, head)), rows),
  );
}

const inWords = (what) =>
  Object.entries(what)
    .filter(([name]) => name !== 'run')
    .map(([name, value]) =>
      name === 'what' ? value : `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`,
    )
    .join(', ');
