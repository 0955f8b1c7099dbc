/** Discards a group of parked matches for good: exactly those in a complete export. */
import { z } from 'zod';
import type { Actor } from '../../parked/operator-log.ts';
import type { Parked } from '../../parked/parked.ts';
import { Problem } from '../http/problem.ts';
import { defineRoute, type Route } from '../http/route.ts';
import { discardBody, exportParams, nothing } from './inputs.ts';
import { ONE_IS_GOING } from './parked-routes.ts';

const ok = (value: unknown) => ({ status: 200, json: JSON.stringify(value) });
const done = { 200: { description: 'Done' } };
const NOT_EXPORTED = 'No complete export has this id, or it is older than an hour: export the group first';

export function discardRoutes({ discards, exported }: Parked): Route[] {
  return [
    defineRoute({
      id: 'readExport',
      method: 'get',
      path: '/operator/parked/exports/:id',
      summary: 'Whether an export is complete, and how many matches may be discarded by it',
      params: exportParams,
      responses: done,
      async handler({ params }) {
        const found = await exported.read(params.id);
        return ok(found ? { complete: true, jobs: found.jobs, what: found.what } : { complete: false });
      },
    }),
    defineRoute({
      id: 'startDiscard',
      method: 'post',
      path: '/operator/parked/discards',
      summary: 'Discards for good the failed parked matches in an export',
      params: z.object({}),
      body: discardBody,
      responses: done,
      async handler({ body, actor }) {
        const outcome = await discards.start(actor as Actor, body.export, body.jobs);
        if (outcome === 'one is going') throw new Problem(409, ONE_IS_GOING);
        if (outcome === 'not exported') throw new Problem(409, NOT_EXPORTED);
        if (outcome === 'another number')
          throw new Problem(409, `The number of matches in the export is not ${body.jobs}`);
        return ok({ started: true });
      },
    }),
    defineRoute({
      id: 'stopDiscard',
      method: 'post',
      path: '/operator/parked/discards/stop',
      summary: 'Stops the discard; what is discarded stays so',
      params: z.object({}),
      body: nothing,
      responses: done,
      async handler({ actor }) {
        if (!(await discards.askToStop(actor as Actor))) throw new Problem(409, 'No discard is in progress');
        return ok({ stopping: true });
      },
    }),
  ];
}
