/** API routes: one definition each, from which both Express and /openapi.json are built. */
import express, { type Express, type Request, type Response } from 'express';
import { z } from 'zod';
import { quote } from '../../../queues/index.ts';
import type { Actor } from '../../parked/operator-log.ts';
import { otherMethods } from './base-app.ts';
import { Problem } from './problem.ts';
import { publicUrlOf } from './public-url.ts';
import { whileWaitedFor } from './waited-for.ts';

export interface Reply {
  status: number;
  /** JSON text, sent verbatim. */
  json?: string;
}

export interface Input<Params, Query, Body> {
  params: Params;
  query: Query;
  body: Body;
  /** Who is logged in, on routes behind the login. */
  actor: Actor | undefined;
  /** Base of links: `https://inbox.example`, `https://example.org/inbox`. */
  publicUrl: string;
  /** Aborted once nobody waits for the reply. */
  signal: AbortSignal;
}

interface Description<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodType> {
  id: string;
  method: 'get' | 'post' | 'put' | 'delete';
  /** As Express writes it: `/api/inboxes/:subscriber`. */
  path: string;
  summary: string;
  params: Params;
  query?: Query;
  body?: Body;
  /** By status; errors common to all routes are added in openapi.ts. */
  responses: Record<number, { description: string; schema?: z.ZodType; mediaType?: string }>;
  handler: (input: Input<z.output<Params>, z.output<Query>, z.output<Body>>) => Promise<Reply>;
}

export interface Route extends Omit<Description<z.ZodObject, z.ZodObject, z.ZodType>, 'handler' | 'query'> {
  query: z.ZodObject;
  description?: string;
  answer(req: Request, signal: AbortSignal): Promise<Reply>;
  /** Instead of `answer`, for a stream. */
  open?(req: Request, res: Response, signal: AbortSignal): Promise<void>;
}

const noQuery = z.strictObject({});

/** Params, query and body reach the handler validated; otherwise the reply is a Problem 400. */
export function defineRoute<
  Params extends z.ZodObject,
  Query extends z.ZodObject = typeof noQuery,
  Body extends z.ZodType = z.ZodUndefined,
>({ handler, query, ...description }: Description<Params, Query, Body>): Route {
  const querySchema = (query ?? noQuery) as Query;
  const { params, body } = description;
  return {
    ...description,
    query: querySchema,
    async answer(req, signal) {
      return handler({
        params: checked(params, req.params, 'path'),
        query: checked(querySchema, req.query, 'parameter'),
        body: (body && checked(body, req.body, 'body')) as z.output<Body>,
        actor: req.res?.locals['actor'] as Actor | undefined,
        publicUrl: publicUrlOf(req),
        signal,
      });
    },
  };
}

/** A GET whose reply is a stream: `open` throws only before it sends. */
export function defineStream<Params extends z.ZodObject, Query extends z.ZodObject>({
  open,
  params,
  query,
  ...description
}: {
  id: string;
  path: string;
  summary: string;
  description: string;
  params: Params;
  query: Query;
  open: (
    req: Request,
    res: Response,
    input: { params: z.output<Params>; query: z.output<Query>; signal: AbortSignal },
  ) => Promise<void>;
}): Route {
  return {
    ...description,
    method: 'get',
    params,
    query,
    responses: { 200: { description: 'A stream of events', mediaType: 'text/event-stream' } },
    answer: () => Promise.reject(new TypeError('a stream has no single reply')),
    open: (req, res, signal) =>
      open(req, res, {
        params: checked(params, req.params, 'path'),
        query: checked(query, req.query, 'parameter'),
        signal,
      }),
  };
}

const BODY_LIMIT = '256kb';
const readJson = express.json({ limit: BODY_LIMIT, inflate: false, type: 'application/json' });

/** Redis may accept a command and never reply. */
const ANSWER_WITHIN_MS = 5_000;

export function mountRoutes(app: Express, routes: readonly Route[]): void {
  for (const route of routes) {
    const answer = async (req: Request, res: Response): Promise<void> => {
      if (route.open) {
        await whileWaitedFor(req, ANSWER_WITHIN_MS, (signal) => route.open!(req, res, signal));
        return;
      }
      const { status, json } = await whileWaitedFor(req, ANSWER_WITHIN_MS, (signal) =>
        route.answer(req, signal),
      );
      res.status(status);
      if (json === undefined) res.end();
      else res.type('json').send(json);
    };
    if (route.body) app[route.method](route.path, readJson, answer);
    else app[route.method](route.path, answer);
  }
  for (const path of new Set(routes.map((route) => route.path))) {
    const methods = routes.filter((route) => route.path === path).map((route) => route.method.toUpperCase());
    app.all(path, otherMethods(methods.includes('GET') ? [...methods, 'HEAD'] : methods));
  }
}

type Place = 'path' | 'parameter' | 'body';

export function checked<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  place: Place,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new Problem(
    400,
    result.error.issues
      .slice(0, 5)
      .map((issue) => issueText(issue, place))
      .join('; '),
  );
}

function issueText(issue: z.core.$ZodIssue, place: Place): string {
  if (issue.code === 'unrecognized_keys') {
    return `unknown ${place === 'parameter' ? 'parameter' : 'member'} ${issue.keys
      .slice(0, 3)
      .map((key) => quote(key, 50))
      .join(', ')}`;
  }
  return `${issue.path.length ? issue.path.join('.') : place}: ${issue.message}`;
}
