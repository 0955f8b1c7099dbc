/**
 * Entries in binary frames. All numbers are big-endian.
 *
 *     frame   u8 kind (1)   u8 1 = more frames of these entries follow   u16 0   u32 number of the request, 0 = pushed   bytes
 *     bytes   of all frames together: one record an entry
 *     record  u64 ms   u64 sequence   u8 0 = field `data`, 1 = all fields as a JSON array   u32 length   body
 *
 * The frames of one delivery are never interleaved with another's; a body may be split anywhere.
 */
import type { RawEntry } from '../../queues/index.ts';

const KIND = 1;
const FRAME_HEAD = 8;
const RECORD_HEAD = 21;
/** Small, so that a slow line shows progress; a pump takes up to MAX_FRAME_BYTES.toPump. */
const MAX_PIECE = 65_536 - FRAME_HEAD;
/** Above Redis' largest value (512 MB) plus one read: nothing that a relay sends. */
const MAX_DELIVERY = 600_000_000;

/** A malformed frame. */
export class FrameError extends Error {
  override name = 'FrameError';
}

export function toFrames(n: number, entries: readonly RawEntry[]): Buffer[] {
  const bytes = Buffer.concat(entries.flatMap(toRecord));
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += MAX_PIECE) {
    const head = Buffer.alloc(FRAME_HEAD);
    head[0] = KIND;
    head[1] = at + MAX_PIECE < bytes.length ? 1 : 0;
    head.writeUInt32BE(n, 4);
    frames.push(Buffer.concat([head, bytes.subarray(at, at + MAX_PIECE)]));
  }
  return frames;
}

function toRecord({ id, data, fields }: RawEntry): [Buffer, Buffer] {
  const body = data ?? Buffer.from(JSON.stringify(fields ?? []));
  const head = Buffer.allocUnsafe(RECORD_HEAD);
  const [ms, sequence] = id.split('-');
  head.writeBigUInt64BE(BigInt(ms!), 0);
  head.writeBigUInt64BE(BigInt(sequence!), 8);
  head[16] = data ? 0 : 1;
  head.writeUInt32BE(body.length, 17);
  return [head, body];
}

export interface Delivery {
  /** The request it answers; 0: pushed. */
  n: number;
  entries: RawEntry[];
  /** From its first frame to its last. */
  ms: number;
}

/** Reassembles deliveries from frames. Throws FrameError. */
export function createAssembler() {
  let pieces: Buffer[] = [];
  let length = 0;
  let n = 0;
  let firstAt = 0;
  return {
    /** For how long a delivery has been coming in that is not complete yet; 0: none is. */
    receivingMs: (): number => (pieces.length ? performance.now() - firstAt : 0),
    /** The delivery that this frame completes, if any. */
    take(frame: Buffer): Delivery | undefined {
      if (frame.length <= FRAME_HEAD || frame[0] !== KIND)
        throw new FrameError('a binary frame of an unknown kind');
      const number = frame.readUInt32BE(4);
      if (pieces.length && number !== n) throw new FrameError('interleaved frames of two deliveries');
      if (!pieces.length) firstAt = performance.now();
      n = number;
      length += frame.length - FRAME_HEAD;
      if (length > MAX_DELIVERY) throw new FrameError(`a delivery of more than ${MAX_DELIVERY} bytes`);
      pieces.push(frame.subarray(FRAME_HEAD));
      if (frame[1] === 1) return undefined;
      const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
      pieces = [];
      length = 0;
      return { n, entries: toEntries(bytes), ms: performance.now() - firstAt };
    },
  };
}

function toEntries(bytes: Buffer): RawEntry[] {
  const entries: RawEntry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const bodyAt = at + RECORD_HEAD;
    const end = bodyAt <= bytes.length ? bodyAt + bytes.readUInt32BE(at + 17) : Number.POSITIVE_INFINITY;
    if (end > bytes.length) throw new FrameError('a truncated entry');
    const id = `${bytes.readBigUInt64BE(at)}-${bytes.readBigUInt64BE(at + 8)}`;
    const body = bytes.subarray(bodyAt, end);
    entries.push(bytes[at + 16] === 0 ? { id, data: body } : { id, fields: fieldsOf(body) });
    at = end;
  }
  return entries;
}

function fieldsOf(body: Buffer): string[] {
  const fields: unknown = JSON.parse(body.toString());
  if (!Array.isArray(fields) || !fields.every((field) => typeof field === 'string'))
    throw new FrameError('fields that are not an array of strings');
  return fields;
}
