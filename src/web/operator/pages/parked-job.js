/** A dialog with one job in full, to edit and retry it. */
import { ago, byId, el, get, many, post, urlOf, visible } from './page.js';

export async function openJob({ queue, job, mayChange, after }) {
  const path = `/operator/parked/jobs/${encodeURIComponent(queue)}/${encodeURIComponent(job)}`;
  const found = await get(path);
  const dialog = byId('job');
  const problem = el('p', { class: 'card bad', role: 'alert', hidden: true });
  const retry = async (body) => {
    try {
      await post(`${path}/retry`, body);
      dialog.close();
      await after();
    } catch (error) {
      problem.hidden = false;
      problem.textContent = error.message;
    }
  };
  const isEditable = mayChange && found.data !== null && found.state === 'failed';
  const text = el('textarea', { spellcheck: 'false', 'aria-label': 'Text of the field data' });
  text.value = found.data ?? '';
  dialog.replaceChildren(
    el('h2', { id: 'job-title' }, visible(found.failedReason || found.name)),
    el(
      'p',
      { class: 'soft' },
      `${found.state} · ${many(found.attempts, 'attempt')} · parked ${ago(found.parkedAt)} · `,
      el('a', { href: urlOf(`/dashboard/queue/${queue}/${job}`) }, 'open in the queue'),
    ),
    problem,
    el('pre', {}, JSON.stringify(found.shown, undefined, 2)),
    ...(isEditable ? [el('label', {}, 'The match as Skywire sent it (editable)', text)] : []),
    el(
      'div',
      { class: 'actions' },
      mayChange &&
        found.state === 'failed' &&
        el('button', { class: 'main', click: () => retry({}) }, 'Retry unchanged'),
      isEditable && el('button', { click: () => retry({ data: text.value }) }, 'Save and retry'),
      el('button', { click: () => dialog.close() }, 'Close'),
    ),
  );
  dialog.showModal();
}
