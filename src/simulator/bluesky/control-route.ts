/**
 * The controls for another process: `GET /made-up/calls` → counts by name, `POST /made-up/<control>` with its arguments as a
 * JSON array → what it returns.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import type { BlueskyControls } from './controls.ts';
import { sendJson } from './faults.ts';

const CONTROLS = [
  'add',
  'addDecoy',
  'remove',
  'restore',
  'setAccount',
  'setProfile',
  'setLabel',
  'refuseQuote',
  'setFault',
  'requests',
] as const;

export async function answerControl(
  controls: BlueskyControls,
  name: string,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  if (name === 'calls') return sendJson(res, controls.allCalls());
  const control = CONTROLS.find((known) => known === name);
  if (!control || req.method !== 'POST') return sendJson(res, { message: 'Not Found' }, 404);
  const given: unknown = await json(req).catch(() => undefined);
  if (!Array.isArray(given)) return sendJson(res, { message: 'expected a JSON array of arguments' }, 400);
  const call = controls[control] as (...arguments_: unknown[]) => unknown;
  sendJson(res, call(...given) ?? null);
}
