/** How much memory a Redis uses and may use: the only place that decides this, from INFO memory. */

/** Used share at which the pump stops reading: what is in progress can still be written. */
export const FULL = 0.85;

export interface Memory {
  usedBytes: number;
  /** maxmemory or, if that is unset or larger, all of its machine's memory; 0: the server reports neither. */
  limitBytes: number;
  limitedBy: 'maxmemory' | 'machine';
}

/**
 * From an INFO that includes the section `memory`. Without maxmemory only the kernel stops Redis, and it counts the resident memory,
 * fragments included. A container's limit cannot be seen from here: INFO has the memory of the whole machine.
 */
export function memoryOf(info: Record<string, string>): Memory {
  const number = (name: string): number => Number(info[name] ?? 0) || 0;
  const maxmemory = number('maxmemory');
  const machine = number('total_system_memory');
  const used = number('used_memory');
  if (maxmemory && !(machine && machine < maxmemory))
    return { usedBytes: used, limitBytes: maxmemory, limitedBy: 'maxmemory' };
  return { usedBytes: Math.max(used, number('used_memory_rss')), limitBytes: machine, limitedBy: 'machine' };
}

/** Used share; 0 if the limit is unknown. */
export const fullness = ({ usedBytes, limitBytes }: Pick<Memory, 'usedBytes' | 'limitBytes'>): number =>
  limitBytes ? usedBytes / limitBytes : 0;

/** In words. */
export function describeMemory({ usedBytes, limitBytes, limitedBy }: Memory): string {
  const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
  if (!limitBytes) return `${megabytes(usedBytes)}, of an unknown limit`;
  const limit = limitedBy === 'maxmemory' ? 'its maxmemory' : 'all its machine has';
  return `${megabytes(usedBytes)} of ${megabytes(limitBytes)}, ${limit}`;
}

/** What an unknown memory limit means for the pump, and what to do. */
export const unknownLimit = {
  what: 'Redis does not say how much memory it may use, so the pump cannot stop before it is full',
  remedy: 'set maxmemory in redis.conf, or in the settings of the managed service',
};
