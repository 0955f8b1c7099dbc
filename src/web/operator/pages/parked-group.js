/** The card of one group of parked matches. */
import { ago, count, el, urlOf, visible } from './page.js';

/** `isRunning`: a retry run or a discard is in progress. */
export function groupCard(group, { isRunning, mayChange }) {
  const { id, reason, fingerprint, failed, retrying, firstSeen, lastSeen, subscriptions, example } = group;
  const names = subscriptions.map(({ name, jobs }) => `${visible(name.slice(0, 60))} (${count(jobs)})`);
  return el(
    'article',
    { class: 'card', 'data-group': id },
    el(
      'div',
      { class: 'row' },
      el('span', { class: 'big number' }, count(failed + retrying)),
      el(
        'div',
        { class: 'grow' },
        el('strong', {}, group.queue === 'parked' ? reason : `${group.queue}: ${reason}`),
        el('div', { class: 'cause' }, visible(fingerprint)),
      ),
    ),
    el(
      'div',
      { class: 'soft' },
      retrying > 0 && `${count(failed)} need an operator, ${count(retrying)} are retried automatically. `,
      `First ${ago(firstSeen)}, last ${ago(lastSeen)}. `,
      names.length > 0 && `Most: ${names.join(', ')}`,
    ),
    el(
      'div',
      { class: 'actions' },
      mayChange &&
        failed > 0 &&
        el(
          'button',
          { class: 'main', disabled: isRunning, 'data-do': 'retry', 'data-group': id },
          `Retry all ${count(failed)}`,
        ),
      el('button', { 'data-do': 'example', 'data-queue': example.queue, 'data-job': example.job }, 'Example'),
      el('button', { 'data-do': 'list', 'data-group': id }, 'List'),
      el(
        'a',
        { class: 'button', href: urlOf(`/operator/parked/export?group=${id}`), download: 'parked.jsonl' },
        'Export',
      ),
      mayChange &&
        failed > 0 &&
        group.queue === 'parked' &&
        el('button', { disabled: isRunning, 'data-do': 'discard', 'data-group': id }, 'Discard…'),
    ),
  );
}
