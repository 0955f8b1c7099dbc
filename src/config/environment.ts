/** The one place that reads process.env, with `.env` of the working folder beneath it. */
import { existsSync } from 'node:fs';
import { loadEnvFile } from 'node:process';
import type { Env } from './settings.ts';

export function readEnvironment(): Env {
  if (existsSync('.env')) loadEnvFile('.env');
  return process.env;
}
