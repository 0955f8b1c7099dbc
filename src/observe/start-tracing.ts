/** Loads tracing, with packages that are installed only where somebody wants traces (docs/decisions/0110-tracing-packages.md). */
import { ConfigError } from '../config/config.ts';
import type { Logger } from './logger.ts';
import type { Tracing } from './tracing.ts';

/** The versions that it was tried with; also development dependencies, for types and tests. */
export const tracingPackages = [
  '@opentelemetry/api@1.9.1',
  '@opentelemetry/core@2.12.1',
  '@opentelemetry/exporter-trace-otlp-proto@0.223.1',
  '@opentelemetry/resources@2.12.1',
  '@opentelemetry/sdk-trace-node@2.12.1',
  'bullmq-otel@2.0.1',
];

/** Throws ConfigError where the packages are missing, or another OpenTelemetry SDK is in the process. */
export async function startTracing(role: string, version: string, log: Logger): Promise<Tracing> {
  const { startSdk } = await import('./otel/sdk.ts').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND' && error.code !== 'MODULE_NOT_FOUND') throw error;
    throw new ConfigError(
      `TRACING=otel needs packages that are not installed; type: npm install --no-save --save-prod ${tracingPackages.join(' ')}`,
    );
  });
  return startSdk(role, version, (about, text) => log.warn(about, text));
}
