/** Whether traces are sent. The standard's OTEL_… variables are looked at only then: clusters set them unasked. */
import { oneOf } from './parsers.ts';
import { setting } from './setting.ts';

export const tracingSettings = {
  TRACING: setting(
    oneOf('off', 'otel'),
    'otel: pump and worker send traces to where the OTEL_… variables say (docs/tracing.md); off: these mean nothing',
    { default: 'off' },
  ),
} as const;

type Env = Record<string, string | undefined>;
type TracingValues = { TRACING: 'off' | 'otel' };

/** The standard's own switch counts, too. */
export const isTraced = ({ TRACING }: TracingValues, env: Env): boolean =>
  TRACING === 'otel' && read(env, 'OTEL_SDK_DISABLED')[1]?.toLowerCase() !== 'true';

export function tracingProblems(values: TracingValues, env: Env): string[] {
  if (!isTraced(values, env)) return [];
  const [exporterName, exporter = 'otlp'] = read(env, 'OTEL_TRACES_EXPORTER');
  const [protocolName, protocol = PROTOCOL] = read(
    env,
    'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL',
    'OTEL_EXPORTER_OTLP_PROTOCOL',
  );
  const [endpointName, endpoint] = read(
    env,
    'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    'OTEL_EXPORTER_OTLP_ENDPOINT',
  );
  return [
    ...(exporter === 'otlp' ? [] : [`${exporterName}: TRACING=otel takes otlp only`]),
    ...(protocol === PROTOCOL
      ? []
      : [`${protocolName}: TRACING=otel takes ${PROTOCOL} only; receivers listen for it on port 4318`]),
    ...(endpoint === undefined || /^https?:$/.test(protocolOf(endpoint))
      ? []
      : [`${endpointName}: takes http://host:4318 or https://… (not shown: it may hold a secret)`]),
  ];
}

const PROTOCOL = 'http/protobuf';
const protocolOf = (url: string): string => (URL.canParse(url) ? new URL(url).protocol : '');

/** The first of them that is set, or else the last one's name. */
function read(env: Env, ...names: string[]): [name: string, value: string | undefined] {
  const name = names.find((one) => env[one]?.trim()) ?? names.at(-1)!;
  return [name, env[name]?.trim() || undefined];
}
