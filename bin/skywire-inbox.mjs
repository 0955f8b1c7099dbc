#!/usr/bin/env node
/** Runs a command of the build in dist/, and builds it first if it is missing. Plain JavaScript, since it runs before any build. */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import nodeModule, { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const main = new URL('../dist/src/main.js', import.meta.url);
/** Not in the npm package, which brings its build. */
const source = new URL('../src/main.ts', import.meta.url);
const notBuilt =
  'skywire-inbox is not built, and its compiler is not installed (NODE_ENV=production and --omit=dev leave it out). Type: npm ci --include=dev';

if (process.argv[2] === 'prepare') {
  // Nothing fails here: where the build comes from elsewhere, as in an image, no compiler is needed.
  if (canBuild()) process.exitCode = build();
  else if (!existsSync(main)) say(notBuilt);
} else {
  if (!existsSync(main)) {
    if (!canBuild()) end(notBuilt);
    say('skywire-inbox is not built yet; building …');
    if (build() !== 0) end('The build failed.');
  }
  keepCompiled();
  if (process.env.npm_lifecycle_event === 'npx') endWithShell();
  await import(main.href).catch((error) => {
    if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    end(`Dependencies are missing (${error.message.split(' imported from')[0]}). Type: npm ci --include=dev`);
  });
}

/**
 * Node 22.1 and later keep what they compiled for the next start. Beside the build, not in the shared temporary folder, which is Node's
 * default: there another user could put code for us. Where nothing can be written, each start compiles; nothing is said.
 */
function keepCompiled() {
  nodeModule.enableCompileCache?.(fileURLToPath(new URL('../dist/.compiled', import.meta.url)));
}

/** npx starts a command through a shell, and a SIGTERM to npx ends that shell alone: what it started must not run on without it. */
function endWithShell() {
  const shell = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 250);
  watch.unref();
}

function canBuild() {
  if (!existsSync(source)) return false;
  const { resolve } = createRequire(import.meta.url);
  try {
    // The compiler alone may be there for the sake of a dependency.
    return ['typescript', '@types/node/package.json'].every((name) => resolve(name));
  } catch {
    return false;
  }
}

function build() {
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  // The output of a command is not mixed with that of its build.
  const status = spawnSync('npm', ['run', '--silent', 'build'], { cwd, stdio: ['ignore', 2, 2] }).status ?? 1;
  // The compiler writes files also if it fails: half a build must not be taken for one.
  if (status !== 0) rmSync(main, { force: true });
  return status;
}

function end(message) {
  say(message);
  process.exit(1);
}

function say(line) {
  process.stderr.write(`${line}\n`);
}
