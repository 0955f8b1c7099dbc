/** A real browser, logged in, that can reach nothing but this machine; what goes wrong in a page is kept. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';

const executablePath = '/usr/bin/chromium';
export const hasBrowser = existsSync(executablePath);
if (!hasBrowser) console.warn(`SKIPPED: nothing is tested in a browser, there is no ${executablePath}`);

export const startBrowser = (...args: string[]): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', ...args],
  });

export interface Seen {
  page: Page;
  /** Page errors, messages of the console, requests to elsewhere, answers of ours that are errors. */
  trouble: string[];
}

export interface Look {
  url: string;
  login?: { username: string; password: string };
  dark?: boolean;
  phone?: boolean;
}

export async function openPage(browser: Browser, { url, login, dark, phone }: Look): Promise<Seen> {
  const { origin } = new URL(url);
  const context = await browser.newContext({
    viewport: phone ? { width: 390, height: 844 } : { width: 1280, height: 900 },
    colorScheme: dark ? 'dark' : 'light',
    ...(login && { httpCredentials: { ...login, origin } }),
  });
  const page = await context.newPage();
  const trouble: string[] = [];
  page.on('pageerror', (error) => trouble.push(`page error: ${error.message}`));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) trouble.push(`console: ${message.text()}`);
  });
  page.on('dialog', (dialog) => {
    trouble.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('response', (response) => {
    if (response.status() >= 400) trouble.push(`${response.status()} ${response.url()}`);
  });
  await context.route('**/*', (route) => {
    const asked = new URL(route.request().url());
    if (asked.origin === origin || asked.protocol === 'data:') return route.continue();
    trouble.push(`elsewhere: ${asked.href}`);
    return route.abort();
  });
  await page.goto(url);
  return { page, trouble };
}

/** For people who want to look: in the folder for temporary files, the newest run's. */
export async function picture(page: Page, name: string, fullPage = true): Promise<void> {
  const path = join(tmpdir(), `skywire-inbox-${name}.png`);
  const image = await page.screenshot({ path, fullPage });
  expect(image.length).toBeGreaterThan(5_000);
}

/** Nothing hangs over the edge of the screen. */
export async function fitsWidth(page: Page): Promise<boolean> {
  // As text: this runs in the browser, whose types the tests do not know.
  return (await page.evaluate('document.documentElement.scrollWidth <= innerWidth')) === true;
}
