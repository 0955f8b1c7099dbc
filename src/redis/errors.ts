import { ReplyError } from 'ioredis';

const connectionErrors =
  /^(Connection is closed|Command timed out|Command aborted|connect |read |write |Stream isn't writeable|Reached the max retries|Failed to refresh slots|Cluster |Too many Cluster redirections|All sentinels)/;

/**
 * Anywhere in the message: Redis 6.2 wraps script errors ("ERR Error running script … OOM …"). What an ACL refuses a script has no
 * code of its own: "The user executing the script can't …" of Redis 7.0, "ACL failure in script" of 7.2 and later and of Valkey.
 */
const outageCodes =
  /\b(OOM|READONLY|MISCONF|NOREPLICAS|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|NOAUTH|NOPERM|WRONGPASS)\b|ACL failure in script|The user executing the script can't/;

/** Whether the connection broke before the answer came: in an outage, or because Redis refuses a value for its size. */
export function brokeConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof ReplyError) return error.message.includes('Protocol error');
  return (
    error.name === 'MaxRetriesPerRequestError' ||
    /^(ECONNRESET|EPIPE)$/.test((error as NodeJS.ErrnoException).code ?? '') ||
    /^(Connection is closed|read |write |Reached the max retries)/.test(error.message)
  );
}

/**
 * Whether the error is an outage (Redis unavailable, full, loading, read-only, refusing our user): a retry later can succeed.
 * An error raised by our own Lua is not: it would recur.
 */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof ReplyError) {
    return outageCodes.test(error.message) || !/user_script|^WRONGTYPE/.test(error.message);
  }
  const { code } = error as NodeJS.ErrnoException;
  return (
    error.name === 'MaxRetriesPerRequestError' ||
    /^E[A-Z]+$/.test(code ?? '') ||
    connectionErrors.test(error.message)
  );
}
