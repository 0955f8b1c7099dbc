/** Who asks: a feed token is the password, and the credential ever after. API_TOKEN and the dashboard's logins open nothing here. */
import type { Request } from 'express';
import type { FeedTokens } from '../../inbox/feed-tokens.ts';
import { encodeName } from '../../redis/keys.ts';
import type { Login } from '../access/login.ts';
import { Problem } from '../http/problem.ts';
import { type Answer, text } from './answer.ts';
import type { Params } from './params.ts';

export const unauthorized = (headers: Record<string, string> = {}): Problem =>
  new Problem(401, 'Unauthorized', headers);
/** At which clients log in again. */
export const badToken = (): Problem => unauthorized({ 'X-Reader-Google-Bad-Token': 'true' });

/** The credential of the header. undefined: it has none of this kind. */
export function tokenInHeader(req: Request): string | undefined {
  return /^\s*GoogleLogin\s+auth\s*=(.*)$/is.exec(req.headers.authorization ?? '')?.[1]?.trim();
}

/** Answers wrong credentials with 401, 429 after too many of them. */
export async function clientLogin(
  { login, feedTokens }: { login: Login; feedTokens: FeedTokens },
  req: Request,
  params: Params,
): Promise<Answer> {
  const [email, password] = [params.inBody('Email'), params.inBody('Passwd')?.trim()];
  if (!email || !password) throw new Problem(400, 'Email and Passwd are required, in the body');
  login.mayTry(req);
  const inbox = await feedTokens.inboxOf(password);
  if (inbox === undefined || !namesOf(email, params.rawBody).some((name) => isNameOf(name, inbox))) {
    login.failed(req);
    throw unauthorized();
  }
  // Clients take apart at `=` and newlines, and one takes all that follows the last `=`.
  return text(`SID=${password}\nLSID=null\nAuth=${password}\n`);
}

const isNameOf = (name: string, inbox: string): boolean => name === inbox || encodeName(name) === inbox;

/** Liferea 2 sends user and password without encoding them, so that a name may even end at its `&`. */
function namesOf(email: string, rawBody: string): string[] {
  const raw = /(?:^|&)Email=(.*)/s.exec(rawBody)?.[1] ?? '';
  return [email, raw.split('&', 1)[0]!, raw.split('&Passwd=', 1)[0]!];
}
