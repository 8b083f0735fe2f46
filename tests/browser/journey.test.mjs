// Whole journeys: a daughter reports, a volunteer verifies, a group reads, and the search ends.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { NOTICE, approve, claim, close, fill, photograph, receipt, report } from './people.mjs';
import { PATIENCE_MS, account, axe, faults, login, newPage, startBrowser, startDemo, stopDemo, submit } from './rig.mjs';

const OVER = '本条信息已结束,请停止转发';
const SECRETS = ['李梅', '13800317500', NOTICE.secret_detail];
const PHONE = { width: 390, height: 844 };
const DESK = { width: 1280, height: 800 };

let browser, demo, photo;
before(async () => {
  demo = await startDemo();
  browser = await startBrowser();
  photo = await photograph(browser);
});
after(async () => {
  await browser?.close();
  if (demo) await stopDemo(demo);
});

/** Reloads `path` until it shows `wanted`: the state changes by the server's own clock. */
async function until(page, path, wanted) {
  const deadline = Date.now() + PATIENCE_MS;
  do {
    await page.goto(path);
    if ((await page.locator('main').innerText()).includes(wanted)) return;
  } while (Date.now() < deadline);
  assert.fail(`${path} never said ${wanted}:\n${await page.locator('main').innerText()}`);
}

/** Waits for the message in the practice chat that contains all of `words`. */
async function heard(page, ...words) {
  const said = words.reduce((found, hasText) => found.filter({ hasText }), page.locator('.chat li'));
  await said.first().waitFor();
  return said.first();
}

/** The poster as the public gets it. */
async function poster(page, number) {
  const answer = await page.request.get(`/n/${number}/poster.jpg`);
  assert.equal(answer.status(), 200);
  assert.equal(answer.headers()['content-type'], 'image/jpeg');
  return answer.body();
}

const drawn = picture => picture.evaluate(async img => (img.loading = 'eager', await img.decode(), img.naturalWidth));

const text = page => page.locator('main').innerText();

describe('from the first page to “found”, on a phone', () => {
  let family, volunteer, number, manage;
  before(async () => {
    family = await newPage(browser, demo, PHONE);
    volunteer = await newPage(browser, demo, DESK);
  });

  test('the family finds the form', async () => {
    await family.goto(demo.baseUrl);
    await family.locator('main a[href="/report/missing_person"]').click();
    await family.locator('main form [name="person.name"]').waitFor();
    await family.goto('/report');
    await family.locator('main a[href="/report/missing_person"]').click();
    assert.match(await text(family), /先报警：110/);
  });

  test('what is missing is said at the top and beside the field, and nothing typed is lost', async () => {
    const { 'reporter.phone': phone, 'consent.publish': publish, ...typed } = NOTICE;
    await fill(family, { ...typed, 'region': '没有的地方' });
    await family.locator('[name=photo]').setInputFiles(photo);
    await submit(family);

    assert.match(await family.title(), /^错误/);
    const summary = family.locator('.error-summary');
    assert.ok(await summary.evaluate(element => element === document.activeElement), 'begins at what went wrong');
    assert.deepEqual(await summary.locator('a').evaluateAll(links => links.map(link => link.hash)), [
      '#region', '#reporter.phone', '#consent.publish',
    ]);
    await summary.locator('a').nth(1).click();
    const field = family.locator('[name="reporter.phone"]');
    assert.ok(await field.evaluate(element => element === document.activeElement), 'leads to the field');
    assert.equal(await field.getAttribute('aria-invalid'), 'true');

    for (const name of ['person.name', 'person.category', 'last_seen.at', 'description', 'secret_detail']) {
      assert.equal(await family.locator(`[name="${name}"]`).inputValue(), NOTICE[name], name);
    }
    assert.ok(await family.locator('[name="safety.violence"][value=false]').isChecked());
    assert.ok(await family.locator('[name="consent.truthful"]').isChecked());
    assert.ok(await family.locator('[name=photo_ids]').isChecked(), 'the photo is kept');
    assert.ok(await drawn(family.locator('.photos img')));

    await fill(family, { 'region': NOTICE.region, 'reporter.phone': phone, 'consent.publish': publish });
    await submit(family);
    ({ number, manage } = await receipt(family));
    assert.match(number, /^[0-9A-Z]{5}-[0-9A-Z]{5}$/);
  });

  test('before it is verified, the public page says nothing of it', async () => {
    await family.goto(`/n/${number}`);
    assert.match(await text(family), /核实中/);
    assert.ok(!(await family.content()).includes(NOTICE['person.name']));
  });

  test('a volunteer sees it first in the queue, claims and approves', async () => {
    await login(volunteer, account(demo, 'moderator'));
    await volunteer.goto('/review');
    assert.equal(await volunteer.locator('.desk li a.number').first().innerText(), number);
    await claim(volunteer, number);
    const [, phone, detail] = SECRETS;
    for (const words of [detail, '最快通道']) assert.ok((await text(volunteer)).includes(words), words);
    assert.ok(!(await volunteer.content()).includes(phone), 'the phone is another question');
    await volunteer.locator('form[action$="/phone"] button[value=call_back]').click();
    await volunteer.locator(`a[href$="${phone}"]`).waitFor();
    for (const img of await volunteer.locator('.pictures img').all()) assert.ok(await drawn(img), 'photo and poster');
    await approve(volunteer);
    await volunteer.locator('form[action$="/undo"]').waitFor({ state: 'hidden' });
    // Once it has gone out, the page shows that by itself, with the steps and keys that there are now.
    await volunteer.locator('summary[data-key=p]').waitFor();
    assert.doesNotMatch(await text(volunteer), /撤回我的通过|已记下你的通过/);
  });

  test('the group reads it, with its poster', async () => {
    await family.goto('/');
    await family.locator('main a[href="/practice"]').click();
    const message = await heard(family, '【72小时】寻人', number, NOTICE['person.name']);
    const said = await message.innerText();
    for (const secret of SECRETS) assert.ok(!said.includes(secret), secret);
    const id = await message.getAttribute('id');
    const picture = family.locator(`#${id} ~ li img`).first();
    await picture.waitFor();
    assert.ok(await drawn(picture) > 600, 'readable on a phone');
  });

  test('everybody can read it, and check it', async () => {
    await family.goto('/check');
    await fill(family, { case: number.toLowerCase().replace('-', '') });
    await submit(family);
    assert.match(await text(family), /信息属实，仍在进行中/);
    await family.locator(`main a[href="/n/${number}"]`).click();
    await family.waitForURL(`**/n/${number}`);
    for (const words of [NOTICE['person.name'], '深红色外套', '人民公园东门', '寻找中']) {
      assert.ok((await text(family)).includes(words), words);
    }
    for (const img of await family.locator('main img').all()) assert.ok(await drawn(img));
    const page = await family.content();
    for (const secret of SECRETS) assert.ok(!page.includes(secret), secret);
  });

  test('when she is found, the group hears it, and of her nothing stays', async () => {
    const shown = await poster(family, number);
    const photos = await family.locator('.photos img').evaluateAll(all => all.map(img => img.src));
    await close(family, manage);

    await family.goto('/practice');
    await heard(family, '【72小时】', number, '已平安找到，请停止转发');
    await family.goto(`/n/${number}`);
    assert.ok((await text(family)).includes(OVER));
    const page = await family.content();
    for (const gone of [NOTICE['person.name'], '深红色外套', '人民公园', ...SECRETS]) assert.ok(!page.includes(gone), gone);
    const plain = await poster(family, number);
    assert.notDeepEqual(plain, shown);
    assert.ok(plain.length < shown.length, 'without her face');
    // Her family may still see its own photo; nobody without the manage link may.
    assert.ok(photos.length);
    for (const src of photos) assert.equal((await fetch(src)).status, 404, src);
    await family.goto(`/check?case=${number}`);
    assert.ok((await text(family)).includes(OVER));
  });

  test('nobody met a broken script, a refused part, or a foreign host', () => {
    assert.deepEqual([...faults(family), ...faults(volunteer)], []);
  });
});

test('a volunteer who likes keys needs no mouse, and who does not is left alone', async () => {
  const volunteer = await newPage(browser, demo, DESK);
  const at = () => volunteer.evaluate(() => document.activeElement.id || document.activeElement.innerText);
  const open = () => volunteer.locator('.steps details[open]').count();
  await login(volunteer, account(demo, 'lead'));
  await volunteer.goto('/review');
  const first = await volunteer.locator('.desk li:has(button) a.number').first().innerText();
  while (await at() !== first) await volunteer.keyboard.press('n');
  await volunteer.keyboard.press('c');
  await volunteer.waitForURL(`**/review/${first}`);
  await volunteer.keyboard.press('a');
  assert.equal(await at(), 'approve-reason');
  // In a text field keys only type; typing also renews the claim.
  const kept = volunteer.waitForResponse(answer => answer.url().endsWith(`/review/${first}/claim`));
  await volunteer.locator('#approve-note').fill('');
  await volunteer.locator('#approve-note').pressSequentially('ace');
  assert.equal(await volunteer.locator('#approve-note').inputValue(), 'ace');
  assert.equal(await open(), 1);
  assert.equal((await kept).status(), 303);
  await volunteer.locator('#keys input').uncheck();
  await volunteer.reload();
  await volunteer.locator('#keys').waitFor();
  await volunteer.keyboard.press('a');
  assert.equal(await open(), 0, 'switched off, and still off on the next page');
  await volunteer.locator('form[action$="/release"] button').click();
  await volunteer.locator('[role=status].good').waitFor();
  assert.deepEqual(faults(volunteer), []);
});

describe('the admin of a group', () => {
  let admin, group;
  const state = () => admin.locator('#state').innerText();
  before(async () => {
    admin = await newPage(browser, demo, PHONE);
    await login(admin, account(demo, 'group_admin'));
    group = await admin.locator('main .queue a').first().getAttribute('href');
  });

  test('is told in a sentence that an address is another platform\'s', async () => {
    await admin.goto('/groups/new');
    await admin.locator('main a[href$="platform=dingtalk"]').click();
    await admin.locator('[name=url]').fill('https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693axxx6-7aoc-4bc4-97a0-0ec2sifa5aaa');
    await admin.locator('[name=name]').fill('第二个群');
    await admin.locator('main form button').last().click();
    await admin.locator('.error-summary').waitFor();
    assert.match(await admin.locator('#url-error').innerText(), /这是企业微信的地址，不属于这个平台/);
    assert.equal(await admin.locator('[name=name]').inputValue(), '第二个群');
    assert.deepEqual(await axe(admin), []);
    await admin.locator('main form button', { hasText: '改为接入企业微信的群' }).click();
    await admin.locator('h1', { hasText: '企业微信' }).waitFor();
    assert.match(await admin.locator('[name=url]').inputValue(), /^https:\/\/qyapi\.weixin\.qq\.com\//);
    assert.equal(await admin.locator('[name=name]').inputValue(), '第二个群');
  });

  test('reads in words what became of every message', async () => {
    await until(admin, group, '新信息');
    const log = await admin.locator('table.log').innerText();
    assert.match(log, /已送达，\d/);
    assert.match(log, /结束通知/);
  });

  test('pauses the group and lets it go on', async () => {
    await admin.goto(group);
    await admin.locator('form[action$="/pause"] button').click();
    await admin.locator('form[action$="/resume"] button').waitFor();
    assert.match(await state(), /已暂停/);
    await admin.locator('form[action$="/resume"] button').click();
    await admin.locator('form[action$="/pause"] button').waitFor();
    assert.match(await state(), /正常接收/);
    assert.deepEqual(faults(admin), []);
  });
});

test('several photos go up one by one, and nobody leaves what is typed unasked', async () => {
  const family = await newPage(browser, demo, PHONE);
  const asked = [];
  family.on('dialog', dialog => {
    asked.push(dialog.type());
    dialog.accept();
  });
  await family.goto('/report/missing_person');
  await family.goto('/safety');
  await family.goto('/report/missing_person');
  assert.deepEqual(asked, [], 'nothing was typed yet');
  await family.locator('[name="person.name"]').click();
  await family.keyboard.type('林试验');
  for (const number of [1, 2]) {
    await family.locator('[name=photo]').setInputFiles(photo);
    await family.locator('[name=photo_ids]').nth(number - 1).waitFor();
  }
  for (const thumb of await family.locator('#photos img').all()) assert.ok(await drawn(thumb));
  assert.equal(await family.locator('[name="person.name"]').inputValue(), '林试验');
  const broken = { ...photo, buffer: Buffer.from('GIF89a') };
  await family.locator('[name=photo]').setInputFiles(broken);
  await family.locator('#photos .error', { hasText: '不支持动图' }).waitFor();
  assert.equal(await family.locator('[name=photo_ids]').count(), 2, 'the others stay');
  // A call is no way to leave.
  await family.locator('main a[href="tel:110"]').first().click();
  assert.deepEqual(asked, []);
  await family.locator('h1').click();
  await family.goto('/safety');
  assert.deepEqual(asked, ['beforeunload']);
  assert.equal(await family.evaluate(() => localStorage.length + sessionStorage.length), 0, 'and nothing stays on the device');
  assert.deepEqual(faults(family).filter(fault => !fault.includes('422')), []);
  await family.context().close();
});

test('a photo that was refused is not forgotten: the form says so once, and then goes without it', async () => {
  const family = await newPage(browser, demo, PHONE);
  await family.goto('/report/missing_person');
  await fill(family, NOTICE);
  await family.locator('[name=photo]').setInputFiles({ ...photo, buffer: Buffer.from('GIF89a') });
  await family.locator('#photos .error', { hasText: '不支持动图' }).waitFor();
  await submit(family, '提交');
  const told = family.locator('.error-summary li');
  assert.equal(await told.count(), 1);
  assert.match(await told.innerText(), /照片没有收下.*不带照片也可以/);
  assert.equal(await family.locator('[name="person.name"]').inputValue(), NOTICE['person.name']);
  await submit(family, '提交');
  assert.match(await receipt(family).then(({ number }) => number), /^[0-9A-Z]{5}-[0-9A-Z]{5}$/);
  await family.context().close();
});

for (const js of [true, false]) {
  test(`what was typed is there again on the way back, ${js ? 'with' : 'without'} scripts`, async () => {
    const family = await newPage(browser, demo, { ...PHONE, js });
    const typed = Object.entries(NOTICE).filter(([, value]) => typeof value === 'string');
    const all = async () => {
      for (const [name, value] of typed) {
        const field = family.locator(`main [name="${name}"]`);
        const radio = await field.first().getAttribute('type') === 'radio';
        const said = radio ? await family.locator(`main [name="${name}"]:checked`).getAttribute('value') : await field.inputValue();
        assert.equal(said, value, name);
      }
    };
    await family.goto('/report/missing_person');
    await fill(family, NOTICE);
    await family.goto('/safety');
    await family.goBack();
    await all();
    // Switched to the other language and back.
    await family.locator('header button[lang=en]').click();
    assert.equal(await family.locator('html').getAttribute('lang'), 'en');
    await all();
    await family.locator('header button[lang=zh-CN]').click();
    await all();
    // A photo first: going back leads to the form, not to an error page of the browser. With scripts it is there as soon
    // as it is chosen, without scripts after the field's button.
    await family.locator('[name=photo]').setInputFiles(photo);
    if (!js) await family.locator('main button[name=stay]').click();
    await family.locator('[name=photo_ids]').waitFor();
    assert.equal(await family.locator('main button[name=stay]').isVisible(), !js);
    if (!js) assert.equal(new URL(family.url()).hash, '#photos', 'back at the field');
    await family.goto('/safety');
    await family.goBack();
    if (!js) await family.locator('[name=photo_ids]').waitFor();
    await family.locator('[name=photo]').waitFor();
    await all();
    assert.deepEqual(faults(family), []);
  });
}

test('without scripts: reported, verified, live, read in the group, found, over', async () => {
  const family = await newPage(browser, demo, { ...PHONE, js: false });
  await family.goto('/report/missing_person');
  await submit(family);
  assert.match(await family.title(), /^错误/);
  const { number, manage } = await report(family, photo);

  const volunteer = await newPage(browser, demo, { ...DESK, js: false });
  await login(volunteer, account(demo, 'moderator', 1));
  await claim(volunteer, number);
  await approve(volunteer);

  await until(family, `/n/${number}`, NOTICE['person.name']);
  assert.ok(!(await family.locator('[data-copy]').isVisible()), 'a button that does nothing without scripts');
  await until(family, '/practice', number);
  await close(family, manage);
  await until(family, `/n/${number}`, OVER);
  await until(family, '/practice', '已平安找到');
  assert.deepEqual([...faults(family), ...faults(volunteer)], []);
});
