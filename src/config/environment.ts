/** The only reader of process.env; variables win over `.env` in the working folder. */
import { existsSync, readFileSync } from 'node:fs';
import { loadEnvFile } from 'node:process';
import { envFileProblems } from './env-file.ts';
import { type Env, type SettingName, settings } from './settings.ts';

const FILE = '.env';

export function readEnvironment(): Env {
  if (existsSync(FILE)) loadEnvFile(FILE);
  return process.env;
}

/** Problems of `.env`, for the values that are used. */
export function environmentProblems(): string[] {
  if (!existsSync(FILE)) return [];
  return envFileProblems(readFileSync(FILE, 'utf8'), readEnvironment(), (name) =>
    Object.hasOwn(settings, name) ? settings[name as SettingName].secret : undefined,
  );
}
