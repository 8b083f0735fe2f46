// What people do on the pages: a family reports, a volunteer decides. What several journeys know of the pages' markup is
// here; fields have their names from the API.

import { submit } from './rig.mjs';

const FIVE_HOURS = 5 * 3_600_000;
const BEIJING = 8 * 3_600_000;

/** Five hours ago, as the form shows it: a day and a time in Beijing. */
const [DAY, TIME] = new Date(Date.now() - FIVE_HOURS + BEIJING).toISOString().slice(0, 16).split('T');

/** A person who does not exist. Neither the reporter's phone nor the secret detail may become public. */
export const NOTICE = {
  'police.reported': true,
  'police.station': '示例派出所',
  'person.name': '林试验',
  'person.age': '７６',
  'person.sex': 'female',
  'person.category': 'dementia',
  'person.medical_urgent': true,
  'person.height_cm': '158',
  'person.appearance': '花白短发，偏瘦',
  'person.clothing': '深红色外套，黑裤子',
  'secret_detail': '左手腕有一块旧表',
  'region': '河北廊坊广阳区',
  'last_seen.place': '人民公园东门',
  'last_seen.at': DAY,
  'last_seen.time': TIME,
  'last_seen.precision': 'about',
  'description': '早上出门买菜后没有回家。',
  'safety.violence': false,
  'safety.protection_order': false,
  'safety.left_voluntarily': false,
  'reporter.name': '李梅',
  'reporter.phone': '+86 138 0031 7500',
  'reporter.relation': '女儿',
  'consent.truthful': true,
  'consent.sensitive': true,
  'consent.publish': true,
};

/** A JPEG of 320 by 400 pixels, drawn in a browser, as a file for upload. */
export async function photograph(browser) {
  const page = await browser.newPage();
  const data = await page.evaluate(() => {
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: 320, height: 400 });
    const brush = canvas.getContext('2d');
    const fill = (colour, draw) => {
      brush.fillStyle = colour;
      brush.beginPath();
      draw();
      brush.fill();
    };
    fill('#b9c7c2', () => brush.rect(0, 0, 320, 400));
    fill('#8a3033', () => brush.ellipse(160, 400, 130, 130, 0, 0, 7));
    fill('#d9b08c', () => brush.ellipse(160, 190, 70, 90, 0, 0, 7));
    fill('#d0d0d0', () => brush.ellipse(160, 130, 80, 55, 0, Math.PI, 0));
    return canvas.toDataURL('image/jpeg', 0.9).split(',')[1];
  });
  await page.close();
  return { name: '照片.jpg', mimeType: 'image/jpeg', buffer: Buffer.from(data, 'base64') };
}

/** Fills in the fields of the page's form: texts, lists, radios, and boxes by `true` or `false`. */
export async function fill(page, values) {
  for (const [name, value] of Object.entries(values)) {
    const field = page.locator(`main [name="${name}"]`);
    const [tag, type] = await field.first().evaluate(element => [element.tagName, element.type]);
    if (tag === 'SELECT') await field.selectOption(value);
    else if (type === 'radio') await page.locator(`main [name="${name}"][value="${value}"]`).check();
    else if (type === 'checkbox') await field.setChecked(value);
    else await field.fill(value);
  }
}

/** Reads the confirmation: the case number, and the address of the reporter's own page. */
export async function receipt(page) {
  return {
    number: (await page.locator('[data-case]').innerText()).trim(),
    manage: await page.locator('main #link a').getAttribute('href'),
  };
}

/** Claims a notice from the queue. */
export async function claim(page, number) {
  await page.goto('/review');
  await page.locator(`form[action="/review/${number}/claim"] button`).click();
  await page.waitForURL(`**/review/${number}`);
}

/** Ticks that everything the policy asks for was checked, and approves. */
export async function approve(page) {
  await page.locator('summary.main').click();
  await page.locator('#approve-reason').check();
  await page.locator('form:has([name=action][value=approve]) button').click();
  await page.locator('[role=status].good').waitFor();
}

/** Ends the notice on the reporter's page and lets the groups know that it ended well. */
export async function close(page, manage) {
  await page.goto(manage);
  await page.locator('form[action="/my/close"] [name=outcome]').first().check();
  await page.locator('form[action="/my/close"] [name=announce]').check();
  await page.locator('form[action="/my/close"] summary').click();
  await page.locator('form[action="/my/close"] button').click();
  await page.locator('main .tag', { hasText: '已结束' }).waitFor();
}

/** Sends the complete form for a missing person. */
export async function report(page, photo) {
  await page.goto('/report/missing_person');
  await fill(page, NOTICE);
  await page.locator('main [name=photo]').setInputFiles(photo);
  await submit(page);
  return receipt(page);
}
