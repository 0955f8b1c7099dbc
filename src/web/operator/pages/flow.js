/** The way of a match, drawn: from Skywire's streams to the inboxes, with what stands and moves at each place. */
import { bytes, count, duration, el, many, visible } from './page.js';

const unknown = '?';
const seconds = (ms) => (ms === null || ms === undefined ? '–' : duration(ms / 1000));

/** `lines`: [number or text, what it is, whether it wants to be looked at]. */
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
        : queues.filter(({ queue }) => queue !== 'parked').map(queueStage),
    ),
    arrow(),
    el('div', { class: 'column' }, inboxStage(work, canaryAgeMs), parkedStage(parked, queues)),
    el('div', { class: 'column aside' }, servers.map(serverStage)),
  );
}

const streamStage = ({ stream, group, length, unread, unreadAgeMs, pending, pendingAgeMs }) =>
  stage(
    `Stream ${visible(stream)}`,
    [
      [
        count(unread),
        unread > 0 ? `not read yet, the oldest ${seconds(unreadAgeMs)} ago` : 'not read yet',
        unreadAgeMs > 60_000,
      ],
      [
        count(pending),
        pending > 0
          ? `read and not yet in the queue, the oldest ${seconds(pendingAgeMs)} ago`
          : 'read and not yet in the queue',
        pendingAgeMs > 60_000,
      ],
      [count(length), 'kept in all'],
    ],
    { about: `group ${visible(group)}` },
  );

const queueStage = ({ queue, waiting, active, delayed, failed }) =>
  stage(`Queue ${queue}`, [
    [count(waiting), 'jobs wait'],
    [count(active), 'run'],
    ...(delayed > 0 ? [[count(delayed), 'put off', true]] : []),
    ...(failed > 0 ? [[count(failed), 'failed', true]] : []),
  ]);

const inboxStage = (work, canaryAgeMs) =>
  stage(
    'Inboxes',
    work === null
      ? [[unknown, 'cannot be told', true]]
      : [
          [count(Math.round(work.deliveredPerSecond)), 'delivered a second'],
          [seconds(work.p50Ms), 'half arrive within'],
          [seconds(work.p99Ms), '99 of 100 arrive within'],
          ...(canaryAgeMs === null
            ? []
            : [[seconds(canaryAgeMs), 'since our own test match came through', canaryAgeMs > 60_000]]),
        ],
    { id: 'inboxes' },
  );

function parkedStage(parked, queues) {
  const delayed = queues?.find(({ queue }) => queue === 'parked')?.delayed ?? 0;
  const reasons = Object.entries(parked ?? {}).filter(([, jobs]) => jobs > 0);
  const total = reasons.reduce((sum, [, jobs]) => sum + jobs, 0);
  return stage(
    'Parked',
    [
      [parked === null ? unknown : count(total), 'wait for a person', total > 0],
      ...reasons.map(([reason, jobs]) => [count(jobs), reason.replaceAll('_', ' '), true]),
      ...(delayed > 0 ? [[count(delayed), 'wait for their next try']] : []),
    ],
    { id: 'parked-stage', about: el('a', { href: '/parked' }, 'work through them') },
  );
}

const serverStage = ({ server, usedBytes, limitBytes, isDurable }) =>
  stage(server === 'home' ? 'Redis' : "Skywire's Redis", [
    [bytes(usedBytes), 'used'],
    ...(limitBytes > 0
      ? [
          [
            bytes(Math.max(0, limitBytes - usedBytes)),
            `head-room (${Math.round((100 * usedBytes) / limitBytes)} % full)`,
            usedBytes > 0.7 * limitBytes,
          ],
        ]
      : []),
    [isDurable ? 'yes' : 'no', 'append-only file', !isDurable],
  ]);

/** "The stream holds 41 s of work". */
export function headline({ workInStreams, streams }) {
  if (streams === null) return 'The stream cannot be read';
  const unread = streams.reduce((sum, stream) => sum + stream.unread, 0);
  const which = streams.length === 1 ? 'The stream holds' : 'The streams hold';
  if (workInStreams === null) return `${which} ${many(unread, 'match', 'matches')}, and nothing moves`;
  return workInStreams < 0.5 ? `${which} no work` : `${which} ${duration(workInStreams)} of work`;
}
