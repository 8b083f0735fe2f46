// Every journey relies on the rig, so the rig is tested: it must find planted faults.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { account, axe, faults, login, newPage, parseDemo, startBrowser, startDemo, stopDemo, totp } from './rig.mjs';

const STAND_IN = fileURLToPath(new URL('stand_in.mjs', import.meta.url));

test('one-time passwords agree with the vectors of RFC 6238, appendix B', () => {
  const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'; // "12345678901234567890"
  const vectors = [
    [59, '94287082'], [1111111109, '07081804'], [1111111111, '14050471'],
    [1234567890, '89005924'], [2000000000, '69279037'], [20000000000, '65353130'],
  ];
  for (const [seconds, code] of vectors) assert.equal(totp(secret, seconds * 1000, 8), code);
  assert.equal(totp(secret.toLowerCase(), 59_000), '287082');
  assert.throws(() => totp('1NVALID!', 0), /not a base 32 letter/);
});

test('the demo\'s printout is read with or without decoration', () => {
  const { baseUrl, accounts } = parseDemo([
    'open  http://127.0.0.1:4711/', 'then http://127.0.0.1:4712/practice', '',
    'Accounts', '  moderator   name=wang password=p1 totp=ABC', '* moderator2 totp=DEF password=p2 name=li', 'stranger name=x password=y totp=z',
  ].join('\n'));
  assert.equal(baseUrl, 'http://127.0.0.1:4711');
  assert.deepEqual(accounts, [
    { role: 'moderator', name: 'wang', password: 'p1', totp: 'ABC' },
    { role: 'moderator', name: 'li', password: 'p2', totp: 'DEF' },
  ]);
});

test('a program that cannot start, or stops, is reported with the reason', async () => {
  await assert.rejects(startDemo({ program: '/nowhere/seventytwo' }), /cannot be started.*ENOENT/);
  await assert.rejects(startDemo({ program: '/bin/false' }), /stopped \(status 1\)/);
});

describe('with the stand-in', () => {
  let browser, demo;
  before(async () => {
    demo = await startDemo({ program: STAND_IN });
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    if (demo) await stopDemo(demo);
  });

  test('a clean page has no faults, under its own content security policy', async () => {
    const page = await newPage(browser, demo);
    await page.goto('/');
    assert.deepEqual(await axe(page), []);
    assert.deepEqual(faults(page), []);
  });

  test('planted faults are found: no alternative text, low contrast, a foreign script, a missing picture', async () => {
    const page = await newPage(browser, demo);
    await page.goto('/faulty');
    const found = (await axe(page)).join('\n');
    assert.match(found, /^image-alt /m);
    assert.match(found, /^color-contrast /m);
    const seen = faults(page).join('\n');
    assert.match(seen, /elsewhere\.invalid/);
    assert.match(seen, /^404: .*\/photo\.jpg$/m);
  });

  test('a page takes the language, the colours and the absence of scripts', async () => {
    const page = await newPage(browser, demo, { lang: 'en', dark: true, js: false });
    const request = page.waitForRequest('**/');
    await page.goto('/');
    assert.match((await request).headers()['accept-language'], /^en\b/);
    assert.equal(await page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches), true);
    await page.setContent('<noscript><p id="seen">no scripts</p></noscript>');
    assert.equal(await page.locator('#seen').innerText(), 'no scripts');
  });

  test('logging in succeeds with the right account only', async () => {
    const page = await newPage(browser, demo);
    await login(page, account(demo, 'moderator'));
    assert.equal(new URL(page.url()).pathname, '/review');
    await assert.rejects(login(await newPage(browser, demo), account(demo, 'moderator', 1)), /xiaoli was not let in/);
  });
});

test('the browser can draw Chinese', async () => {
  const browser = await startBrowser();
  try {
    const page = await browser.newPage();
    // Without a suitable font both would be drawn as the same empty box.
    const drawn = [];
    for (const character of '寻找') {
      await page.setContent(`<p>${character}</p>`);
      drawn.push(await page.screenshot());
    }
    assert.notDeepEqual(...drawn);
  } finally {
    await browser.close();
  }
});
