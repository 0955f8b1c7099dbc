/** The only reader of process.env; variables win over `.env` in the working folder. */
import { existsSync } from 'node:fs';
import { loadEnvFile } from 'node:process';
import type { Env } from './settings.ts';

export function readEnvironment(): Env {
  if (existsSync('.env')) loadEnvFile('.env');
  return process.env;
}
