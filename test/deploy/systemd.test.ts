/** The systemd units as systemd itself judges them, without starting anything; and the Procfile. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commands } from '../../src/commands/commands.ts';

const folder = new URL('../../deploy/systemd/', import.meta.url);
const units = readdirSync(folder).filter((name) => name.endsWith('.service'));
const textOf = (unit: string) => readFileSync(new URL(unit, folder), 'utf8');
const noSystemd = Boolean(spawnSync('systemd-analyze', ['--version']).error);
const skipped = 'skipped where systemd-analyze is absent: apt install systemd';
const TIMEOUT = { timeout: 60_000 };
/** systemd's own measure: 0 is shut off from everything, 9.6 is a service without any of this. */
const MOST_EXPOSED = 2;

test('there is a unit for each role, and each runs a command that there is', () => {
  const roles = units.map((unit) => /main\.js (\w+)'?$/m.exec(textOf(unit))?.[1]);
  expect(roles.toSorted()).toEqual(['pump', 'web', 'worker']);
  for (const role of roles) expect(commands).toHaveProperty(role!);
});

test.skipIf(noSystemd)(`systemd takes the units, and finds them shut off well (${skipped})`, TIMEOUT, () => {
  const dir = mkdtempSync(join(tmpdir(), 'skywire-inbox-units-'));
  try {
    for (const unit of units)
      writeFileSync(join(dir, unit), textOf(unit).replace('/usr/bin/node', process.execPath));
    const paths = units.map((unit) => join(dir, unit));
    const verified = spawnSync('systemd-analyze', ['verify', ...paths], { encoding: 'utf8' });
    expect(verified.stderr + verified.stdout).toBe('');
    expect(verified.status).toBe(0);
    for (const path of paths) {
      const judged = spawnSync('systemd-analyze', ['security', '--offline=yes', path], { encoding: 'utf8' });
      const exposure = /exposure level for .*: ([\d.]+)/.exec(judged.stdout)?.[1];
      expect(Number(exposure), judged.stdout + judged.stderr).toBeLessThan(MOST_EXPOSED);
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test.each([
  ['1', '9101'],
  ['08', '9108'],
  ['10', '9110'],
  ['99', '9199'],
])('worker %s has the health port %s, unless HEALTH_PORT says otherwise', (instance, port) => {
  const unit = textOf('skywire-inbox-worker@.service').replaceAll('%i', instance);
  const [, start] = /^ExecStart=(.*)$/m.exec(unit)!;
  const shell = start!
    .replaceAll('$$', '$')
    .replace(/^\/bin\/sh -c '(.*)'$/, '$1')
    .replace(/(?:exec )?\/usr\/bin\/node .*/, 'printenv HEALTH_PORT');
  // Beneath the environment file.
  const set = Object.fromEntries(
    [...unit.matchAll(/^Environment=(.*)$/gm)].flatMap(([, all]) =>
      all!.split(' ').map((one) => one.split('=', 2)),
    ),
  ) as Record<string, string>;
  const portWith = (env: Record<string, string>) =>
    spawnSync('/bin/sh', ['-c', shell], { encoding: 'utf8', env: { ...set, ...env } }).stdout.trim();
  expect(portWith({})).toBe(port);
  expect(portWith({ HEALTH_PORT: '7000' })).toBe('7000');
});

test('the Procfile starts each role as package.json does, without a shell in between', () => {
  const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const lines = readFileSync(new URL('../../Procfile', import.meta.url), 'utf8')
    .trim()
    .split('\n');
  expect(lines).toEqual(['web', 'pump', 'worker'].map((role) => `${role}: ${scripts[role]}`));
});
