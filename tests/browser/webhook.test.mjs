// A receiver that verifies requests with the published Standard Webhooks library: besides the tests in Rust, a second
// opinion on our signatures, for requests that the program really sent.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { account, startDemo, stopDemo } from './rig.mjs';

let receiver, origin, demo, token;
const received = [];
before(async () => {
  receiver = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    received.push({ headers: request.headers, body });
    response.writeHead(204).end();
  });
  await once(receiver.listen(0, '127.0.0.1'), 'listening');
  origin = `http://127.0.0.1:${receiver.address().port}`;
  demo = await startDemo({ env: { SEVENTYTWO_PLATFORM_HOSTS: `webhook=${origin}` } });
  token = account(demo, 'group_admin').token;
});
after(async () => {
  if (demo) await stopDemo(demo);
  receiver.closeAllConnections();
  await once(receiver.close(), 'close');
});

/** One API call by the group's admin; returns the body and fails on an unexpected status. */
async function call(path, body, status) {
  const answer = await fetch(`${demo.baseUrl}/api/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  assert.equal(answer.status, status, text);
  return text && JSON.parse(text);
}

/** The library's result for a request: its event, or an error. */
const verified = (secret, { body, headers }) => new Webhook(secret).verify(body, headers);

test('each request is verified by the published library, and through a change of secret by both secrets', async () => {
  const made = await call('/groups', {
    platform: 'webhook', name: '接收方', credentials: { url: `${origin}/notices` }, regions: ['131000'], kinds: ['rescue'],
  }, 201);
  const { text } = verified(made.secret, received[0]).data;
  await call(`/groups/${made.id}/verify`, { code: text.match(/\d{6}/)[0] }, 200);

  const { secret } = await call(`/groups/${made.id}/secret`, null, 200);
  assert.notEqual(secret, made.secret);
  await call(`/groups/${made.id}/test`, {}, 200);
  assert.equal(received.length, 2);
  const [before, during] = received;
  for (const known of [made.secret, secret]) {
    assert.deepEqual(verified(known, during), JSON.parse(during.body));
    assert.throws(() => verified(known, { ...during, body: `${during.body} ` }), /No matching signature/);
    const replayed = { ...during.headers, 'webhook-id': before.headers['webhook-id'] };
    assert.throws(() => verified(known, { ...during, headers: replayed }), /No matching signature/);
  }
  assert.throws(() => verified(secret, before), /No matching signature/);
});
