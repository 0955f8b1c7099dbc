/** The pipeline as a diagram: streams, queues, inboxes, parked matches, with live numbers. */
import { bytes, count, duration, el, many, urlOf, visible } from './page.js';

const unknown = '?';
const seconds = (ms) => (ms === null || ms === undefined ? '–' : duration(ms / 1000));

/** `lines`: [value, label, whether to highlight it]. */
function stage(title, lines, { about, id } = {}) {
  return el(
    'section',
    { class: 'stage', id: id ?? false, 'aria-label': title },
    el('h3', {}, title),
    about && el('div', { class: 'soft cause' }, about),
    el(
      'dl',
      {},
      lines.map(([value, what, isLook]) => [
        el('dt', {}, what),
        el('dd', { class: isLook ? 'number look' : 'number' }, value),
      ]),
    ),
  );
}

const arrow = () => el('div', { class: 'arrow', 'aria-hidden': 'true' });

export function flow({ streams, queues, parked, work, canaryAgeMs, servers }) {
  return el(
    'div',
    { class: 'flow' },
    el(
      'div',
      { class: 'column' },
      streams === null ? stage('Stream', [[unknown, 'cannot be read', true]]) : streams.map(streamStage),
    ),
    arrow(),
    el(
      'div',
      { class: 'column' },
      queues === null
        ? stage('Queues', [[unknown, 'cannot be read', true]])
        : queues.filter(({ queue }) => queue !== 'parked' && !isBeside(queue)).map(queueStage),
    ),
    arrow(),
    el('div', { class: 'column' }, inboxStage(work, canaryAgeMs), parkedStage(parked, queues)),
    el('div', { class: 'column aside' }, [
      ...servers.map(serverStage),
      ...(queues ?? []).filter(({ queue }) => isBeside(queue)).map(queueStage),
    ]),
  );
}

/** No match goes through it. */
const isBeside = (queue) => queue === 'enrich';

const streamStage = ({ stream, group, length, unread, unreadAgeMs, pending, pendingAgeMs }) =>
  stage(
    `Stream ${visible(stream)}`,
    [
      [
        count(unread),
        unread > 0 ? `unread, the oldest ${seconds(unreadAgeMs)} old` : 'unread',
        unreadAgeMs > 60_000,
      ],
      [
        count(pending),
        pending > 0
          ? `pending: read, not yet queued, the oldest ${seconds(pendingAgeMs)} old`
          : 'pending: read, not yet queued',
        pendingAgeMs > 60_000,
      ],
      [count(length), 'entries in the stream'],
    ],
    { about: `group ${visible(group)}` },
  );

const queueStage = ({ queue, waiting, active, delayed, failed }) =>
  stage(`Queue ${queue}`, [
    [count(waiting), 'waiting'],
    [count(active), 'active'],
    ...(delayed > 0 ? [[count(delayed), 'delayed', true]] : []),
    ...(failed > 0 ? [[count(failed), 'failed', true]] : []),
  ]);

const inboxStage = (work, canaryAgeMs) =>
  stage(
    'Inboxes',
    work === null
      ? [[unknown, 'cannot be read', true]]
      : [
          [count(Math.round(work.deliveredPerSecond)), 'delivered a second'],
          [seconds(work.p50Ms), 'latency, median'],
          [seconds(work.p99Ms), 'latency, 99th percentile'],
          ...(canaryAgeMs === null
            ? []
            : [[seconds(canaryAgeMs), 'since the last canary arrived', canaryAgeMs > 60_000]]),
        ],
    { id: 'inboxes', about: el('a', { href: urlOf('/inboxes') }, 'Find an inbox') },
  );

function parkedStage(parked, queues) {
  const delayed = queues?.find(({ queue }) => queue === 'parked')?.delayed ?? 0;
  const reasons = Object.entries(parked ?? {}).filter(([, jobs]) => jobs > 0);
  const total = reasons.reduce((sum, [, jobs]) => sum + jobs, 0);
  return stage(
    'Parked',
    [
      [parked === null ? unknown : count(total), 'need an operator', total > 0],
      ...reasons.map(([reason, jobs]) => [count(jobs), reason.replaceAll('_', ' '), true]),
      ...(delayed > 0 ? [[count(delayed), 'waiting for their next attempt']] : []),
    ],
    { id: 'parked-stage', about: el('a', { href: urlOf('/parked') }, 'View by cause') },
  );
}

const serverStage = ({ server, usedBytes, limitBytes, isDurable }) =>
  stage(server === 'home' ? 'Redis' : "Skywire's Redis", [
    [bytes(usedBytes), 'used'],
    ...(limitBytes > 0
      ? [
          [
            bytes(Math.max(0, limitBytes - usedBytes)),
            `free (${Math.round((100 * usedBytes) / limitBytes)} % used)`,
            usedBytes > 0.7 * limitBytes,
          ],
        ]
      : []),
    [isDurable ? 'yes' : 'no', 'append-only file', !isDurable],
  ]);

export function headline({ workInStreams, streams }) {
  if (streams === null) return 'The stream cannot be read';
  const unread = streams.reduce((sum, stream) => sum + stream.unread, 0);
  const which = streams.length === 1 ? 'The stream holds' : 'The streams hold';
  if (workInStreams === null) return `${which} ${many(unread, 'match', 'matches')}, and nothing moves`;
  return workInStreams < 0.5 ? `${which} no work` : `${which} ${duration(workInStreams)} of work`;
}
