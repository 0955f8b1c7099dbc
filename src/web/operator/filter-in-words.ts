/** Describes a retry run or an export in words. */
import type { Cause } from '../../parked/index/fingerprint.ts';
import type { Filter } from '../../parked/index/search.ts';
import { redact } from './redact.ts';

const words: Record<string, string> = { not_subscription: 'without subscription', stream_id: 'stream id' };

export function inWords(filter: Filter, cause: Cause | undefined): string {
  const { group, ...others } = filter;
  const conditions = Object.entries(others).map(
    ([name, value]) => `${words[name] ?? name} ${JSON.stringify(value)}`,
  );
  const first = cause ? `${cause.reason}: ${redact(cause.fingerprint)}` : group && `group ${group}`;
  return [first, ...conditions].filter(Boolean).join(', ');
}
