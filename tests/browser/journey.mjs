// The journeys people make: a daughter reports, a volunteer verifies, a group reads, the search ends.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { account, axe, faults, login, newPage, startBrowser, startDemo, stopDemo, submit } from './rig.mjs';

// Everything the journeys know about the pages' markup. Fields are called as in the API.
const at = {
  field: name => `[name="${name}"]`,
  caseNumber: '[data-case]',
  manageLink: 'a[href*="/my/"]',
  queueRow: number => `a[href="/review/${number}"]`,
  claim: 'form[action$="/claim"] button',
  approve: 'button[name=action][value=approve]',
  close: 'form[action$="/close"]',
  practice: 'a[href*="practice"]',
};

const PUBLIC = ['/', '/report', '/report/missing_person', '/report/lost_property', '/report/rescue', '/report/donation', '/check', '/login'];
const FOR_ROLE = { moderator: ['/review'], lead: ['/review'], group_admin: ['/groups'] };

// An hour ago, as the form's clock shows it: Beijing time, without an offset.
const AN_HOUR_AGO = new Date(Date.now() + 7 * 3_600_000).toISOString().slice(0, 16);

const NOTICE = {
  'region': '131003',
  'reporter.name': '李梅',
  'reporter.phone': '+86 138 0013 8000',
  'reporter.relation': 'daughter',
  'consent.truthful': true,
  'consent.publish': true,
  'consent.sensitive': true,
  'description': '母亲早上出门买菜后未回家。',
  'person.name': '王秀英',
  'person.age': '76',
  'person.sex': 'female',
  'person.category': 'dementia',
  'person.height_cm': '158',
  'person.clothing': '深红色外套,黑裤子',
  'last_seen.at': AN_HOUR_AGO,
  'last_seen.place': '人民公园东门',
  'police.reported': true,
  'safety.violence': false,
  'safety.protection_order': false,
  'safety.left_voluntarily': false,
  'secret_detail': '左手腕有一块旧表',
};

/** Fills what the form on this page asks for and we have an answer to. */
async function fill(page, values) {
  for (const [name, value] of Object.entries(values)) {
    const field = page.locator(`main ${at.field(name)}`);
    if ((await field.count()) === 0) continue;
    const [tag, type] = await field.first().evaluate(element => [element.tagName, element.type]);
    if (tag === 'SELECT') await field.selectOption(String(value));
    else if (type === 'radio') await page.locator(`${at.field(name)}[value="${value}"]`).check();
    else if (type === 'checkbox') await field.setChecked(value);
    else await field.fill(String(value));
  }
}

/** Goes through the form, however many pages it has, and returns the case number and the manage link. */
async function report(page, values) {
  await page.goto('/report/missing_person');
  for (let pages = 0; pages < 12; pages++) {
    await fill(page, values);
    await submit(page);
    if (await page.locator(at.manageLink).count()) {
      return {
        number: (await page.locator(at.caseNumber).first().innerText()).trim(),
        manage: await page.locator(at.manageLink).first().getAttribute('href'),
      };
    }
  }
  throw new Error(`the form does not end:\n${await page.locator('main').innerText()}`);
}

/** Asks for `path` again until it shows `wanted`: the state changes by the server's own clock. */
async function until(page, path, wanted) {
  const deadline = Date.now() + 20_000;
  do {
    await page.goto(path);
    if ((await page.locator('main').innerText()).includes(wanted)) return;
  } while (Date.now() < deadline);
  assert.fail(`${path} never said ${wanted}:\n${await page.locator('main').innerText()}`);
}

describe('the demo', () => {
  let browser, demo;
  before(async () => {
    demo = await startDemo();
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    if (demo) await stopDemo(demo);
  });

  /** What every page owes everybody. */
  async function inspect(page, path) {
    await page.goto(path);
    assert.deepEqual(await axe(page), [], path);
    assert.deepEqual(faults(page), [], path);
    const [wide, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wide <= seen, `${path} is ${wide} px wide on a screen of ${seen} px`);
  }

  for (const lang of ['zh-CN', 'en']) {
    for (const dark of [false, true]) {
      test(`public pages are accessible, in ${lang}, ${dark ? 'dark' : 'light'}, 320 px wide`, async () => {
        const page = await newPage(browser, demo, { lang, dark, width: 320 });
        for (const path of PUBLIC) {
          await inspect(page, path);
          assert.equal(await page.locator('html').getAttribute('lang'), lang, path);
        }
      });
    }
  }

  for (const [role, paths] of Object.entries(FOR_ROLE)) {
    test(`the pages of a ${role} are accessible`, async () => {
      const page = await newPage(browser, demo, { width: 1280, height: 800 });
      await login(page, account(demo, role, role === 'moderator' ? 1 : 0));
      for (const path of paths) await inspect(page, path);
    });
  }

  test('without scripts: reported, verified, live, read in a group, found, over', async () => {
    const family = await newPage(browser, demo, { js: false });
    const { number, manage } = await report(family, NOTICE);
    await family.goto(`/n/${number}`);
    assert.ok(!(await family.locator('main').innerText()).includes('王秀英'), 'not public before it is verified');

    const volunteer = await newPage(browser, demo, { js: false, width: 1280, height: 800 });
    await login(volunteer, account(demo, 'moderator'));
    await volunteer.goto('/review');
    await volunteer.locator(at.queueRow(number)).first().click();
    await volunteer.locator(at.claim).click();
    await volunteer.locator(at.approve).click();

    await until(family, `/n/${number}`, '王秀英');
    assert.ok(!(await family.content()).includes('13800138000'), 'the phone stays private');
    const poster = await family.request.get(`/n/${number}/poster.jpg`);
    assert.equal(poster.headers()['content-type'], 'image/jpeg');

    await family.goto('/');
    const practice = await family.locator(at.practice).first().getAttribute('href');
    await until(family, practice, number);

    await family.goto(manage);
    await family.locator(`${at.close} ${at.field('outcome')}[value=found]`).check();
    await family.locator(`${at.close} button`).click();
    await until(family, `/n/${number}`, '已结束,请停止转发');
    assert.ok(!(await family.content()).includes('王秀英'), 'gone from view when it is over');
    await until(family, practice, '本条信息已结束');
  });

  test('a mistake is explained beside the field, and nothing typed is lost', async () => {
    const page = await newPage(browser, demo);
    await page.goto('/report/lost_property');
    await fill(page, { 'item.what': '黑色钱包' });
    await submit(page);
    assert.match(await page.title(), /^错误/);
    assert.equal(await page.locator(at.field('item.what')).inputValue(), '黑色钱包');
    assert.deepEqual(await axe(page), []);
  });
});
