/** Settings of the relay, and of a pump that uses one. */
import { howToRun } from './invocation.ts';
import { isLoopbackHost, withoutBrackets } from './loopback.ts';
import type { Values } from './settings.ts';

export interface RelaySettings {
  /** How the pump reads the stream if it cannot reach Skywire's Redis. */
  relay: { url: string; token: string; tls: { ca?: Buffer; servername?: string } } | undefined;
  relayServer: {
    host: string;
    port: number;
    tokensFile: string;
    tls: { cert: Buffer; key: Buffer } | undefined;
    /** On loopback, with a certificate, or allowed by RELAY_ALLOW_PLAIN. */
    isSafe: boolean;
  };
}

export function relayProblems(values: Values): string[] {
  const problems: string[] = [];
  const url = values.SKYWIRE_RELAY_URL;
  if (url) {
    if (values.SKYWIRE_RELAY_TOKEN === undefined)
      problems.push(
        `SKYWIRE_RELAY_TOKEN: missing; a relay requires one (make it with ${howToRun('relay-token')} on the relay's host)`,
      );
    if (values.SKYWIRE_REDIS_URL !== undefined)
      problems.push('SKYWIRE_RELAY_URL, SKYWIRE_REDIS_URL: both are set; set one of them');
    if (url.protocol === 'ws:' && !isLoopbackHost(url.hostname) && !values.RELAY_ALLOW_PLAIN)
      problems.push(
        `SKYWIRE_RELAY_URL: ws:// to ${url.hostname} is not encrypted; use wss://, or set RELAY_ALLOW_PLAIN=1 on a trusted network`,
      );
  }
  if ((values.RELAY_TLS_CERT === undefined) !== (values.RELAY_TLS_KEY === undefined))
    problems.push('RELAY_TLS_CERT, RELAY_TLS_KEY: one without the other; a certificate requires both');
  return problems;
}

export function nestRelay(values: Values): RelaySettings {
  const { RELAY_TLS_CERT: cert, RELAY_TLS_KEY: key } = values;
  return {
    relay: values.SKYWIRE_RELAY_URL && {
      url: values.SKYWIRE_RELAY_URL.href,
      token: values.SKYWIRE_RELAY_TOKEN ?? '',
      tls: {
        ...(values.SKYWIRE_RELAY_TLS_CA && { ca: values.SKYWIRE_RELAY_TLS_CA }),
        ...(values.SKYWIRE_RELAY_TLS_SERVERNAME && { servername: values.SKYWIRE_RELAY_TLS_SERVERNAME }),
      },
    },
    relayServer: {
      host: withoutBrackets(values.RELAY_HOST),
      port: values.RELAY_PORT,
      tokensFile: values.RELAY_TOKENS_FILE,
      tls: cert && key && { cert, key },
      isSafe: Boolean(cert) || values.RELAY_ALLOW_PLAIN || isLoopbackHost(values.RELAY_HOST),
    },
  };
}
