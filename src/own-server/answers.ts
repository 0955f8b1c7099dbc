/** Raw Redis commands over a short-lived socket: an ioredis client hides LOADING, and delays SHUTDOWN until loading ends. */
import { connect } from 'node:net';
import type { ServerConf } from './files.ts';

const ANSWER_WITHIN_MS = 1_000;

/** The raw reply; '' if nothing answers. */
export function ask({ socket: path }: ServerConf, commands: string[]): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(path).setEncoding('utf8');
    const timer = setTimeout(() => socket.destroy(), ANSWER_WITHIN_MS);
    socket.on('connect', () => socket.write([...commands, 'QUIT', ''].join('\r\n')));
    socket.on('data', (text: string) => {
      answer += text;
    });
    socket.on('error', () => undefined); // 'close' follows.
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(answer);
    });
  });
}

/** From the reply to CONFIG GET dir. */
export const folderIn = (answer: string): string | undefined => /^dir\r\n\$\d+\r\n(.*)\r$/m.exec(answer)?.[1];

/** From the reply to INFO server. */
export const pidIn = (answer: string): number => Number(/^process_id:(\d+)/m.exec(answer)?.[1] ?? 0);

/** A figure in the reply to INFO; 0 if missing. */
export const numberIn = (answer: string, name: string): number =>
  Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(answer)?.[1] ?? 0);

/** The first error, without the dash. */
export const errorIn = (answer: string): string | undefined => /^-(.*?)\r?$/m.exec(answer)?.[1];
