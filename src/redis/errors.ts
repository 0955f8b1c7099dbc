import { ReplyError } from 'ioredis';

const connectionErrors =
  /^(Connection is closed|Command timed out|Command aborted|connect |read |write |Stream isn't writeable|Reached the max retries|Failed to refresh slots|Cluster |Too many Cluster redirections|All sentinels)/;

/** Inside a script's error too: Redis 6.2 wraps them ("ERR Error running script … OOM …"). */
const outageCodes =
  /\b(OOM|READONLY|MISCONF|NOREPLICAS|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|NOAUTH|NOPERM|WRONGPASS)\b/;

/**
 * Whether the world is out of order (Redis away, full, loading, read-only, refusing us), so that trying again later will do.
 * An error inside a script of ours is not: it would come again.
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
