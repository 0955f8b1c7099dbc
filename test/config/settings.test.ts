import { describe, expect, test } from 'vitest';
import { type Env, readSettings, type SettingName, settings } from '../../src/config/settings.ts';
import { nearestName } from '../../src/config/spelling.ts';

const problems = (env: Env): string[] => readSettings(env).problems;
const names = (list: string): Env =>
  Object.fromEntries(
    list
      .trim()
      .split(/\s+/)
      .map((name) => [name, 'x']),
  );

test('every default is one that its own reader takes', () => {
  expect(problems({})).toEqual([]);
  for (const [name, { default: fallback, meaning, reader }] of Object.entries(settings)) {
    expect(meaning, name).not.toBe('');
    if (fallback !== undefined) expect(reader.parse(fallback), name).toBeDefined();
  }
});

test('what is set wins over its default, blanks around it aside', () => {
  const { values } = readSettings({ PORT: ' 8080 ', ROUTING: 'directory\n' });
  expect([values.PORT, values.ROUTING]).toEqual([8080, 'directory']);
});

const bad: [name: SettingName, ...values: string[]][] = [
  ['PORT', '-1', '65536', '3000.5', '3e3', '0x10', 'NaN', 'Infinity', '١', '1_000', '9'.repeat(30)],
  ['HEALTH_PORT', 'abc', '70000'],
  ['WORKER_CONCURRENCY', '0', '1001', 'ten', '4 ,'],
  ['BATCH_SIZE', '0', '10001', '-5'],
  ['MAX_WAITING_JOBS', '0', '1000001'],
  ['DELIVERY_ATTEMPTS', '0', '-1', '1001'],
  ['DELIVERY_BACKOFF_MS', '0', '1s'],
  ['DELIVERY_BACKOFF_MAX_MS', '0', '5m'],
  ['INBOX_MAX_ITEMS', '-1', 'all'],
  ['INBOX_MAX_AGE_DAYS', '-1', '36501'],
  ['STREAM_RETENTION_HOURS', '0', '24h'],
  ['ROUTING', 'Direct', 'both', 'direct,directory'],
  ['LOG_LEVEL', 'loud', 'INFO'],
  ['ALLOW_EVICTION', 'true', 'yes', '2'],
  ['REDIS_INSTALL', 'no', 'false'],
  ['SKYWIRE_STREAM', ',', 'a,,b', 'a,', 'a,b,a', 'a\nb'],
  ['SKYWIRE_GROUP', 'a\nb', 'a\rb', 'a\0b'],
  ['REDIS_TLS_CERT', '/no/such/file', '/'],
  ['REDIS_URL', 'redis', '//host', 'host:6379'],
  [
    'MEDIA',
    'OFF',
    'on',
    'cdn.example',
    'http://cdn.example',
    'http://10.0.0.1:8080',
    'ftp://cdn.example',
    'https://cdn.example/img',
    'https://cdn.example//',
    'https://cdn.example?',
    'https://cdn.example#',
    'https://cdn.example/#x',
    'https://user@cdn.example',
    'https://user:password@cdn.example',
    'https://@cdn.example',
    'https://cdn.example;script-src',
    'https://*.example',
    "https://'self'",
    'https://cdn.example,other.example',
    'https://cdn.example:99999',
    'http://127.0.0.1.example',
    'direct off',
  ],
  [
    'BLUESKY_API_URL',
    'direct',
    'public.api.bsky.app',
    'http://public.api.bsky.app',
    'https://a.example/xrpc',
    'https://a.example:8443',
    'https://localhost',
    'https://127.0.0.1',
    'https://10.0.0.5',
    'https://0x0a000005',
    'https://[::ffff:192.168.0.1]',
    'https://[fd00::1]',
  ],
  [
    'PLC_URL',
    'https://plc.directory:8443',
    'https://[::1]',
    'https://169.254.169.254',
    'off',
    'http://plc.directory',
    'https://plc.directory/did:plc:x',
  ],
];

test.each(bad)('%s takes none of its wrong values, and says what it takes', (name, ...values) => {
  for (const value of values) {
    expect(problems({ [name]: value })).toEqual([
      expect.stringMatching(new RegExp(`^${name}: got .+; takes ${settings[name].reader.takes.slice(0, 5)}`)),
    ]);
  }
});

test('what a setting got is quoted and cut short', () => {
  const [problem] = problems({ PORT: `\u001b[31m${'9'.repeat(5_000)}` });
  expect(problem).toContain('\\u001b[31m999');
  expect(problem!.length).toBeLessThan(250);
});

describe('a name that is no setting', () => {
  test.each([
    ['INBOX_MAX_ITEM', 'INBOX_MAX_ITEMS'],
    ['INBOX_MAX_AGEDAYS', 'INBOX_MAX_AGE_DAYS'],
    ['REDIS_URI', 'REDIS_URL'],
    ['REDIS_ULR', 'REDIS_URL'],
    ['redis_url', 'REDIS_URL'],
    ['REDISURL', 'REDIS_URL'],
    ['SKYWIRE_REDIS_URI', 'SKYWIRE_REDIS_URL'],
    ['SKYWIRE_STREAMS', 'SKYWIRE_STREAM'],
    ['REDIS_TLS_CERTIFICATE', 'REDIS_TLS_CERT'],
    ['HEALTHPORT', 'HEALTH_PORT'],
    ['ADMIN_PASSWROD', 'ADMIN_PASSWORD'],
    ['API_TOKENS', 'API_TOKEN'],
    ['WORKER_CONCURENCY', 'WORKER_CONCURRENCY'],
    ['BATCHSIZE', 'BATCH_SIZE'],
    ['DELIVERY_TRIES', 'DELIVERY_ATTEMPTS'],
    ['LOG_LEVLE', 'LOG_LEVEL'],
    ['STREAM_RETENTION', 'STREAM_RETENTION_HOURS'],
    ['ROUTNG', 'ROUTING'],
  ])('%s: the nearest one is named', (name, nearest) => {
    expect(problems({ [name]: '1' })).toEqual([`${name}: no such setting; did you mean ${nearest}?`]);
  });

  test('is no problem while it is empty', () => {
    expect(problems({ INBOX_MAX_ITEM: '', REDIS_URI: ' ' })).toEqual([]);
  });

  test('is no problem where it belongs to a developer, a container, a pod or a platform', () => {
    const shell = names(`
      HOME HOSTNAME HOSTTYPE LANG LANGUAGE LC_ALL LOGNAME LS_COLORS MAIL OLDPWD OSTYPE PATH PS1 PWD SHELL SHLVL SSH_AUTH_SOCK
      SSH_CONNECTION TERM TERM_PROGRAM TMPDIR TZ USER USERNAME VISUAL EDITOR PAGER XDG_DATA_DIRS XDG_DATA_HOME XDG_RUNTIME_DIR
      XDG_SESSION_TYPE DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS COLORTERM NO_COLOR FORCE_COLOR NODE NODE_ENV NODE_PATH
      NODE_OPTIONS NVM_DIR NVM_BIN NPM_TOKEN NPM_CONFIG_LOGLEVEL npm_config_loglevel npm_package_name npm_lifecycle_event
      npm_execpath INIT_CWD YARN_VERSION GH_TOKEN GITHUB_TOKEN GITLAB_TOKEN CI_TOKEN HF_TOKEN FLY_API_TOKEN CF_API_TOKEN
      DO_API_TOKEN OPENAI_API_KEY AWS_PROFILE AWS_REGION AWS_SESSION_TOKEN DOCKER_HOST DOCKER_BUILDKIT COMPOSE_FILE JAVA_HOME
      GOPATH CARGO_HOME RUST_LOG PYTHONPATH VIRTUAL_ENV DATABASE_URL DATABASE_HOST PGHOST PGPORT MYSQL_HOST DB_HOST DB_PORT
      REDIS_HOST REDIS_PORT REDIS_PASSWORD REDIS_USERNAME REDIS_DB REDIS_CLI_AUTH REDISCLI_AUTH SMTP_HOST SMTP_PORT MAIL_HOST
      LOGLEVEL_ROOT LOG_FILE LOG_FORMAT SORT POST GHOST HOSTS VHOST PORTS BATCH WORKERS CONCURRENCY VITEST VITEST_POOL_ID CI
      GITHUB_ACTIONS RUNNER_OS RUNNER_TEMP _`);
    const docker = names(
      'HOSTNAME NODE_VERSION YARN_VERSION REDIS_VERSION REDIS_DOWNLOAD_URL REDIS_DOWNLOAD_SHA GOSU_VERSION',
    );
    const services = Object.fromEntries(
      [
        'KUBERNETES',
        'REDIS',
        'REDIS_TLS',
        'SKYWIRE',
        'SKYWIRE_REDIS',
        'INBOX',
        'DELIVERY',
        'SKYWIRE_INBOX',
        'RELAY',
        'HEALTH',
      ].flatMap((service) =>
        Object.entries({
          SERVICE_HOST: '10.0.0.1',
          SERVICE_PORT: '6379',
          SERVICE_PORT_HTTP: '6379',
          PORT: 'tcp://10.0.0.1:6379',
          PORT_6379_TCP: 'tcp://10.0.0.1:6379',
          PORT_6379_TCP_PROTO: 'tcp',
          PORT_6379_TCP_PORT: '6379',
          PORT_6379_TCP_ADDR: '10.0.0.1',
        }).map(([name, value]) => [`${service}_${name}`, value]),
      ),
    );
    const heroku = {
      ...names('DYNO HEROKU_APP_NAME HEROKU_SLUG_COMMIT WEB_CONCURRENCY WEB_MEMORY MEMORY_AVAILABLE'),
      PORT: '31234',
      REDIS_URL: 'rediss://:p@ec2-1-2-3-4.compute-1.amazonaws.com:6380',
      REDIS_TLS_URL: 'rediss://:p@ec2-1-2-3-4.compute-1.amazonaws.com:6380',
    };
    const others = names(
      'PORT0 PORT1 PORT_HTTP MARATHON_APP_ID RAILWAY_STATIC_URL RENDER_SERVICE_ID FLY_APP_NAME K_SERVICE',
    );
    for (const environment of [shell, docker, services, heroku, others])
      expect(problems(environment)).toEqual([]);
  });
});

describe('the nearest name', () => {
  test.each([
    ['worker', 'worker'],
    ['wroker', 'worker'],
    ['audti', 'audit'],
    ['doc', undefined],
    ['completely-else', undefined],
    ['', undefined],
  ])('of %j is %j', (name, nearest) => {
    expect(nearestName(name, ['worker', 'audit', 'doctor'])).toBe(nearest);
  });

  test('among no names is none', () => {
    expect(nearestName('worker', [])).toBeUndefined();
  });
});
