/** The overview's figures. null: could not be read. */
export interface StreamFigures {
  stream: string;
  group: string;
  length: number;
  unread: number;
  unreadAgeMs: number;
  pending: number;
  pendingAgeMs: number;
}

export interface QueueFigures {
  queue: string;
  waiting: number;
  active: number;
  delayed: number;
  failed: number;
}

export interface ServerFigures {
  server: string;
  usedBytes: number;
  /** 0: unknown. */
  limitBytes: number;
  isDurable: boolean;
  mayEvict: boolean;
  evictedKeys: number;
}

export interface WorkFigures {
  handledPerSecond: number;
  deliveredPerSecond: number;
  p50Ms: number | null;
  p99Ms: number | null;
}

export interface Figures {
  /** ISO time. */
  at: string;
  streams: StreamFigures[] | null;
  queues: QueueFigures[] | null;
  /** Those that need an operator, by reason. */
  parked: Record<string, number> | null;
  work: WorkFigures | null;
  /** Since the canary last arrived; null: never. */
  canaryAgeMs: number | null;
  servers: ServerFigures[];
}

/** One point of the plots. */
export interface Sample {
  /** ms */
  at: number;
  unread: number;
  jobs: number;
  parked: number;
  handled: number;
  delivered: number;
  p50: number | null;
  p99: number | null;
  memory: number;
}

export const unreadOf = ({ streams }: Figures): number =>
  (streams ?? []).reduce((sum, { unread }) => sum + unread, 0);

/** Seconds of work in the streams at the current rate; undefined if the rate is 0. */
export function workInStreams(figures: Figures): number | undefined {
  const unread = unreadOf(figures);
  if (unread === 0) return 0;
  const rate = figures.work?.handledPerSecond ?? 0;
  return rate > 0 ? unread / rate : undefined;
}

export const parkedOf = ({ parked }: Figures): number =>
  Object.values(parked ?? {}).reduce((sum, count) => sum + count, 0);
