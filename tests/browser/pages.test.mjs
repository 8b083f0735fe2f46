// What holds for every page: axe finds nothing wrong, no part is broken, nothing scrolls sideways, and every word is in
// the reader's language.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { NOTICE, fill } from './people.mjs';
import { account, axe, faults, login, newPage, startBrowser, startDemo, stopDemo, submit } from './rig.mjs';

const NARROW = { width: 320, height: 740 };
const WIDE = { width: 1280, height: 800 };
const KINDS = ['missing_person', 'lost_property', 'rescue', 'donation'];
const LOST = {
  kind: 'lost_property',
  region: '131002',
  reporter: { name: '孙试验', relation: '', publish_phone: false },
  consent: { truthful: true, publish: true, sensitive: true },
  description: '坐公交车时落在座位上。',
  item: { direction: 'lost', what: '双肩包', is_document: false },
  last_seen: { at: new Date(Date.now() - 3_600_000).toISOString(), precision: 'about', place: '示例路公交站' },
  secret_detail: '夹层里有一张手写的课程表',
};

let browser, demo;
const sessions = {};
/** What the pages show: case numbers of notices in every state, a manage link, a group. */
const world = {};

async function api(token, method, path, body) {
  const answer = await fetch(`${demo.baseUrl}/api/v1${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: body && JSON.stringify(body),
  });
  const said = await answer.json();
  assert.ok(answer.ok, `${method} ${path}: ${JSON.stringify(said)}`);
  return said;
}

let phone = 13800210500;

/** Submits a lost thing; `moderator` claims it and takes `action`, or only claims it. */
async function handIn(moderator, action) {
  // One reporter may only have a few notices at a time.
  const notice = { ...LOST, reporter: { ...LOST.reporter, phone: String(phone++) } };
  const { case_number: number, manage_token: manage } = await api(null, 'POST', '/notices', notice);
  if (moderator) {
    const { version } = await api(moderator, 'POST', `/review/${number}/claim`, {});
    if (action) await api(moderator, 'POST', `/review/${number}/decisions`, { version, ...action });
  }
  return { number, manage };
}

before(async () => {
  // Claims last until every page was checked.
  demo = await startDemo({ env: { SEVENTYTWO_LEASE: '24h' } });
  browser = await startBrowser();
  const moderator = account(demo, 'moderator').token;
  const asked = await handIn(moderator, { action: 'ask', note: '包是什么牌子的？' });
  world.manage = `/my/${asked.manage}`;
  world.claimed = (await handIn(moderator)).number;
  world.escalated = (await handIn(moderator, { action: 'escalate', note: '可能有人处在危险中' })).number;
  const over = await handIn();
  await api(over.manage, 'POST', '/my/notice/close', { outcome: 'returned', announce: false });
  world.over = over.number;
  world.unclaimed = (await handIn()).number;
  for (const role of ['moderator', 'lead', 'group_admin']) {
    const page = await newPage(browser, demo);
    await login(page, account(demo, role));
    sessions[role] = await page.context().storageState();
    await page.context().close();
  }
  // The live sample notice, as soon as the group has heard of it.
  const chat = await newPage(browser, demo);
  await chat.goto('/practice');
  const alert = chat.locator('.chat li', { hasText: '李示例' }).locator('a[href*="/n/"]').first();
  world.live = (await alert.getAttribute('href')).split('/n/')[1];
  await chat.context().close();
  world.group = (await api(account(demo, 'group_admin').token, 'GET', '/groups')).items?.[0].id;
});
after(async () => {
  await browser?.close();
  if (demo) await stopDemo(demo);
});

/** Opens `path`, which must answer with `status`; otherwise another page would be checked in its place. */
const at = (path, status) => async page => assert.equal((await page.goto(path)).status(), status, path);

/** Pages in a state that is only reached by doing something on them. */
const STATES = {
  'a form with faults': async page => {
    await page.goto('/report/missing_person');
    await fill(page, { 'person.name': '林试验', 'region': '朝阳', 'reporter.phone': '12' });
    await submit(page);
    await page.locator('.error-summary').waitFor();
  },
  'a phone that is to be published': async page => {
    await page.goto('/report/missing_person');
    await fill(page, { ...NOTICE, 'reporter.publish_phone': true });
    await submit(page);
    await page.locator('[name=publish_confirmed]').first().waitFor();
  },
  'a refused login': async page => {
    await page.goto('/login');
    await fill(page, { name: 'nobody', password: 'nothing', code: '000000' });
    await submit(page);
    await page.locator('.error-summary').waitFor();
  },
  'a question without words': async page => {
    await page.goto(`/review/${world.claimed}`);
    const step = page.locator('details', { has: page.locator('[name=action][value=ask]') });
    await step.locator('summary').click();
    await step.locator('form').evaluate(form => { form.noValidate = true; });
    await step.locator('button').click();
    await page.locator('.error-summary').waitFor();
  },
  'an address of another platform': async page => {
    await page.goto('/groups/new?platform=feishu');
    await page.locator('[name=url]').fill('https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1');
    await page.locator('main form button').last().click();
    await page.locator('.error-summary').waitFor();
  },
};

const asks = (...names) => names.map(name => [name, STATES[name]]);
const answers = (status, ...paths) => paths.map(path => [path, at(path, status)]);
const shows = (...paths) => answers(200, ...paths);

/** Every page, grouped by who may open it. */
const pages = {
  anybody: () => [
    ...shows('/', '/report', ...KINDS.map(kind => `/report/${kind}`), '/check', '/check?case=', '/check?case=7', `/check?case=${world.live}`),
    ...shows(`/n/${world.live}`, `/n/${world.over}`, `/n/${world.unclaimed}`),
    ...shows(world.manage, '/my?unchosen=announce', '/my/edit', '/report/done'),
    ...shows('/safety', '/login', '/practice', '/practice/codes', '/api/docs'),
    ...answers(404, '/n/00000-00000', '/n/7', '/nowhere'),
    ...answers(401, '/my/nobody'),
    ...asks('a form with faults', 'a phone that is to be published', 'a refused login'),
    // The choice of large letters is kept, so it comes last.
    ...shows('/report/lost_property?big=1', `/n/${world.live}`, '/practice'),
  ],
  moderator: () => [
    ...shows('/review', ...['unclaimed', 'claimed', 'live', 'over'].map(state => `/review/${world[state]}`)),
    ...shows(`/broadcasts/${world.live}`, `/broadcasts/${world.claimed}`, '/logout'),
    ...answers(403, `/review/${world.escalated}`, '/review/figures', '/groups'),
    ...asks('a question without words'),
  ],
  lead: () => shows('/review', '/review/figures', '/review/figures?period=all', `/review/${world.escalated}`),
  group_admin: () => [
    ...shows('/groups', '/groups/new', '/groups/new?platform=webhook', '/groups/new?platform=dingtalk'),
    ...['', '/edit', '/robot', '/delete'].map(page => [`/groups/…${page}`, at(`/groups/${world.group}${page}`, 200)]),
    ...asks('an address of another platform'),
  ],
};

/** Checks a page on a small phone in light mode, and on a wide screen in dark mode. */
async function inspect(page, open, lang) {
  const found = [];
  const sideways = async () => {
    const [wide, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    if (wide > seen) found.push(`${wide} px wide on a screen of ${seen} px`);
  };
  await page.setViewportSize(NARROW);
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await open(page);
  const spoken = await page.locator('html').getAttribute('lang');
  if (spoken !== lang) found.push(`in ${spoken}`);
  await sideways();
  found.push(...await axe(page));
  await page.setViewportSize(WIDE);
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await sideways();
  found.push(...await axe(page, ['color-contrast']));
  return found;
}

for (const lang of ['zh-CN', 'en']) {
  describe(`in ${lang}`, () => {
    for (const [who, list] of Object.entries(pages)) {
      test(`every page for ${who}`, async () => {
        const page = await newPage(browser, demo, { lang, session: sessions[who] });
        const wrong = {};
        for (const [name, open] of list()) {
          const found = await inspect(page, open, lang);
          if (found.length) wrong[name] = found;
        }
        assert.deepEqual(wrong, {});
        assert.deepEqual(faults(page), []);
        await page.context().close();
      });
    }
  });
}

test('the practice chat shows its newest message from the top, and no picture is larger than the chat', async () => {
  for (const [size, js] of [[NARROW, true], [NARROW, false], [WIDE, true], [WIDE, false]]) {
    const page = await newPage(browser, demo, { ...size, js });
    await page.goto('/practice');
    const messages = page.locator('.chat > li');
    const picture = messages.filter({ has: page.locator('img') }).last();
    await picture.waitFor();
    await picture.locator('img').evaluate(image => image.decode());
    const room = await page.locator('.chat-scroll').boundingBox();
    const shows = async () => {
      const [newest, pictured] = [await messages.last().boundingBox(), await picture.boundingBox()];
      const told = JSON.stringify({ size, js, room, newest, pictured });
      const ends = newest.y + Math.min(newest.height, room.height * 0.9);
      // With a tolerance of one pixel, because layout works in fractions of one.
      assert.ok(newest.y > room.y - 1 && ends < room.y + room.height + 1, told);
      assert.ok(pictured.height <= room.height && room.y + room.height <= size.height, told);
    };
    await shows();
    if (js) {
      // Removed and added again, it counts as a new message.
      const id = await messages.last().evaluate(message => { message.remove(); return message.id; });
      await page.locator(`#${id}`).waitFor();
      await shows();
    }
    await page.context().close();
  }
});

test('without a connection nothing that was typed is lost', async () => {
  for (const js of [true, false]) {
    const page = await newPage(browser, demo, { js });
    const form = page.locator('#form');
    const online = async yes => page.context().setOffline(!yes);
    const press = () => form.locator('.actions button').click({ noWaitAfter: true });
    const still = async words => assert.equal(await form.locator('[name=description]').inputValue(), words, `script: ${js}`);
    await page.goto('/report/missing_person');
    for (const words of ['早上出门买菜后未归。', '改过一次：傍晚出门。']) {
      await fill(page, { description: words });
      await online(false);
      if (js) {
        await press();
        await form.locator('[data-offline]', { hasText: '没有网络' }).waitFor();
      } else {
        await Promise.all([page.waitForEvent('requestfailed'), press()]);
        await page.waitForURL('chrome-error://chromewebdata/');
        await online(true);
        await page.goBack();
      }
      await online(true);
      await still(words);
      // The page that says what is missing keeps it as well.
      await submit(page);
      await page.locator('.error-summary').waitFor();
      await still(words);
    }
    await page.context().close();
  }
});

test('no sentence was missing, or lacked a value', () => {
  assert.deepEqual(demo.errors.match(/^.*(no such sentence|lacks a value).*$/gm), null);
});
