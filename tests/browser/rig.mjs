// The rig: a running demo, a real Chromium, and axe. It lets a journey read like a story.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import axeCore from 'axe-core';
import { chromium } from 'playwright-core';
import { totp } from './totp.mjs';

export { totp };

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
const PROGRAM = process.env.SEVENTYTWO_BIN ?? join(REPOSITORY, 'target/debug/seventytwo');
const CHROMIUM = process.env.CHROMIUM_BIN ?? '/usr/bin/chromium';
const CHROMIUM_FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];
const AXE_RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const ROLES = ['moderator', 'lead', 'group_admin', 'operator'];
// Timeouts for things that never happen; generous, because a busy machine may be slow.
const START_MS = 180_000;
const STOP_MS = 60_000;
export const PATIENCE_MS = 120_000;

/**
 * Reads what `seventytwo demo` prints: the first loopback address, and the accounts, one a line:
 * `moderator  name=… password=… totp=… token=…`. A number after the role (`moderator2`) is dropped.
 */
export function parseDemo(text) {
  const baseUrl = text.match(/http:\/\/127\.0\.0\.1:\d+/)?.[0];
  const accounts = [];
  for (const line of text.split('\n')) {
    const role = line.match(/^\W*([a-z_]+)\d*\b/)?.[1];
    const field = Object.fromEntries([...line.matchAll(/\b(name|password|totp|token)=(\S+)/g)].map(m => m.slice(1)));
    if (ROLES.includes(role) && field.name && field.password && field.totp) accounts.push({ role, ...field });
  }
  return { baseUrl, accounts };
}

/** Starts the demo on a free port and waits until it has printed everything and is ready. */
export async function startDemo({ program = PROGRAM, env = {} } = {}) {
  const home = await mkdtemp(join(tmpdir(), 'seventytwo-browser-'));
  const child = spawn(program, ['demo'], {
    cwd: home,
    env: { ...process.env, SEVENTYTWO_BIND: '127.0.0.1:0', SEVENTYTWO_COOLING: '1s', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const demo = { child, home, output: '', errors: '' };
  child.stderr.setEncoding('utf8').on('data', text => { demo.errors += text; });

  try {
    await new Promise((told, fail) => {
      const giveUp = why => {
        clearTimeout(timer);
        fail(new Error(`${program} demo ${why}\n${demo.output}${demo.errors}`));
      };
      const timer = setTimeout(() => giveUp(`did not print its address and accounts in ${START_MS} ms`), START_MS);
      child.once('error', error => giveUp(`cannot be started: ${error.message}`));
      child.once('close', (code, signal) => giveUp(`stopped (${signal ?? `status ${code}`})`));
      child.stdout.setEncoding('utf8').on('data', text => {
        demo.output += text;
        // Only complete lines: a chunk from the pipe may end inside one.
        const { baseUrl, accounts } = parseDemo(demo.output.slice(0, demo.output.lastIndexOf('\n') + 1));
        if (baseUrl && ROLES.every(role => accounts.some(account => account.role === role))) {
          clearTimeout(timer);
          told();
        }
      });
    });
    demo.baseUrl = parseDemo(demo.output).baseUrl;
    const ready = await fetch(`${demo.baseUrl}/readyz`);
    if (!ready.ok) throw new Error(`/readyz answers ${ready.status}: ${await ready.text()}`);
  } catch (error) {
    await stopDemo(demo);
    throw error;
  }
  return demo;
}

/** The demo's `nth` account (from 0) of a role. */
export function account(demo, role, nth = 0) {
  const found = parseDemo(demo.output).accounts.filter(account => account.role === role)[nth];
  if (!found) throw new Error(`the demo printed no ${role} number ${nth + 1}:\n${demo.output}`);
  return found;
}

/** Stops the demo as an operator would; fails if it does not exit by itself in time. */
export async function stopDemo({ child, home }) {
  let killed = false;
  if (child.pid && child.exitCode === null && child.signalCode === null) {
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    const timer = setTimeout(() => { killed = child.kill('SIGKILL'); }, STOP_MS);
    await closed;
    clearTimeout(timer);
  }
  await rm(home, { recursive: true, force: true });
  if (killed) throw new Error(`the demo did not stop within ${STOP_MS} ms of SIGTERM`);
}

/** Chromium with an empty profile of its own; close it with `browser.close()`. */
export function startBrowser() {
  return chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_FLAGS });
}

/**
 * A page in a context of its own, without cookies unless `session` brings those of a page that was logged in. `dark` and
 * `js` switch dark mode and scripts; `width` and `height` are CSS pixels, by default those of a small phone.
 */
export async function newPage(browser, demo, { lang = 'zh-CN', dark = false, js = true, width = 360, height = 740, session } = {}) {
  const context = await browser.newContext({
    baseURL: demo.baseUrl,
    locale: lang,
    timezoneId: 'Asia/Shanghai',
    colorScheme: dark ? 'dark' : 'light',
    javaScriptEnabled: js,
    viewport: { width, height },
    storageState: session,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  watch(page, demo.baseUrl);
  return page;
}

const faultsOf = new WeakMap();

/** Records faults that a visitor would not see: script errors, blocked content, foreign hosts, broken parts. */
function watch(page, baseUrl) {
  const faults = [];
  faultsOf.set(page, faults);
  page.on('pageerror', error => faults.push(`script error: ${error.message}`));
  page.on('console', message => {
    // A part that fails to load is recorded below, with its status.
    const text = message.text();
    if (message.type() === 'error' && !text.startsWith('Failed to load resource')) faults.push(`console: ${text}`);
  });
  page.on('request', request => {
    if (/^https?:/.test(request.url()) && !request.url().startsWith(`${baseUrl}/`)) faults.push(`foreign host: ${request.url()}`);
  });
  page.on('response', response => {
    if (response.status() >= 400 && !response.request().isNavigationRequest()) faults.push(`${response.status()}: ${response.url()}`);
  });
}

/** What went wrong on `page` since it was opened, in words; an empty list is good. */
export function faults(page) {
  return faultsOf.get(page);
}

/**
 * What axe finds wrong on the page in its present state, one readable text per rule; an empty list is good. The page's
 * content security policy stays in force. Scripts must be enabled. `rules` limits the check to these rules.
 */
export async function axe(page, rules) {
  await page.evaluate(axeCore.source);
  const { violations } = await page.evaluate(
    only => window.axe.run(document, { runOnly: only, resultTypes: ['violations'] }),
    rules ? { type: 'rule', values: rules } : { type: 'tag', values: AXE_RULES },
  );
  return violations.map(({ id, impact, help, nodes }) => {
    const places = nodes.map(node => `  ${node.target.join(' ')}: ${node.failureSummary.split('\n').slice(1).map(line => line.trim()).join('; ')}`);
    return [`${id} (${impact}): ${help}`, ...places].join('\n');
  });
}

/** Logs in with name, password and second factor, and waits for the page that follows. */
export async function login(page, { name, password, totp: secret }) {
  await page.goto('/login');
  await page.locator('[name=name]').fill(name);
  await page.locator('[name=password]').fill(password);
  const code = page.locator('[name=code]');
  // The code may be asked for on the same page or on the next one.
  if (!(await code.isVisible())) await submit(page);
  await code.fill(totp(secret));
  await submit(page);
  if (new URL(page.url()).pathname.startsWith('/login')) {
    throw new Error(`${name} was not let in:\n${await page.locator('main').innerText()}`);
  }
}

/** Presses the only button that sends the page's main form, and waits for the answer. */
export async function submit(page) {
  const button = page.locator('main form').locator('button[type=submit], button:not([type], [name=stay]), input[type=submit]').first();
  await Promise.all([page.waitForEvent('domcontentloaded'), button.click()]);
}
