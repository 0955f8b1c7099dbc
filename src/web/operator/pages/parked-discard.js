/** A dialog that discards a group for good (export first, ask twice), and the card of the current or last discard. */
import { ago, byId, count, el, get, many, post, urlOf, visible } from './page.js';

export function openDiscard({ group, jobs, after }) {
  const dialog = byId('job');
  const id = uuid();
  let exported;
  let isSure = false;
  const closed = new AbortController();
  const told = el('p', { role: 'status' }, 'Download them first: only matches in the file are discarded.');
  const discard = el('button', { id: 'discard-go', disabled: true, click: press }, 'Discard');

  async function press() {
    if (!isSure) {
      isSure = true;
      discard.textContent = `Yes, discard ${count(exported)} for good`;
      return;
    }
    discard.disabled = true;
    try {
      await post('/operator/parked/discards', { export: id, jobs: exported });
      dialog.close();
      await after();
    } catch (error) {
      told.textContent = error.message;
      discard.disabled = false;
    }
  }

  async function waitForExport() {
    told.textContent = 'Waiting for the download to finish …';
    while (!closed.signal.aborted && exported === undefined) {
      const found = await get(`/operator/parked/exports/${id}`).catch((error) => {
        told.textContent = error.message;
      });
      exported = found?.jobs;
      if (exported === undefined) await new Promise((resolve) => setTimeout(resolve, 500));
    }
    if (exported === 0)
      told.textContent = 'The file holds no match that needs an operator: nothing to discard.';
    if (!exported) return;
    told.textContent = `${many(exported, 'match is', 'matches are')} in the file. Check that it was saved.`;
    discard.textContent = `Discard these ${count(exported)}`;
    discard.disabled = false;
  }

  dialog.addEventListener('close', () => closed.abort(), { once: true });
  dialog.replaceChildren(
    el('h2', { id: 'job-title' }, `Discard ${many(jobs, 'match', 'matches')} for good`),
    el('p', { class: 'cause' }, visible(`${group.reason}: ${group.fingerprint}`)),
    el(
      'p',
      {},
      'They will be in no inbox, and cannot be retried. Matches that fail later, or are retried meanwhile, stay. ',
      'The audit counts them as discarded.',
    ),
    told,
    el(
      'div',
      { class: 'actions' },
      el(
        'a',
        {
          class: 'button main',
          id: 'discard-export',
          href: urlOf(`/operator/parked/export?group=${group.id}&as=${id}`),
          download: 'discarded.jsonl',
          click: () => void waitForExport(),
        },
        'Download',
      ),
      discard,
      el('button', { click: () => dialog.close() }, 'Cancel'),
    ),
  );
  dialog.showModal();
}

/** crypto.randomUUID() is there only over https and on loopback. */
const uuid = () =>
  '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, (digit) =>
    (digit ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (digit / 4)))).toString(16),
  );

export function discardCard({ phase, run }, mayChange) {
  const kind = { running: 'look', done: 'good', stopped: 'bad' }[phase];
  const { discarded, done, total, changed, gone, what, why, by, startedAt } = run;
  const headline = {
    running: `Discarding: ${count(done)} of ${count(total)}`,
    done: `Done: ${many(discarded, 'match', 'matches')} discarded`,
    stopped: `Stopped after ${count(done)} of ${count(total)}: ${visible(why ?? '')}`,
  }[phase];
  const details = [
    `started by ${visible(by)} ${ago(startedAt)}`,
    changed > 0 && `${count(changed)} were retried or edited meanwhile and stay`,
    gone > 0 && `${count(gone)} were no longer there`,
  ];
  return el(
    'section',
    { class: `card ${kind}`, id: 'discard-card', 'data-phase': phase },
    el('strong', {}, headline),
    el('div', { class: 'cause' }, visible(what)),
    el('progress', { max: String(total), value: String(done), 'aria-label': 'Discarded' }),
    el('div', { class: 'soft number' }, details.filter(Boolean).join(' · ')),
    phase === 'running' &&
      mayChange &&
      el('div', { class: 'actions' }, el('button', { 'data-do': 'stop-discard' }, 'Stop')),
  );
}
