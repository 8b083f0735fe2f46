#!/usr/bin/env node
// A stand-in for the program, for testing the rig: it prints what `demo` prints and serves a few pages, one of them with
// planted faults.

import { createServer } from 'node:http';
import { totp } from './totp.mjs';

const SECRET = 'JBSWY3DPEHPK3PXP';
const ACCOUNTS = [['moderator', 'xiaowang'], ['moderator2', 'xiaoli'], ['lead', 'laozhao'], ['group_admin', 'qunzhu'], ['operator', 'yunwei']];

const html = (title, main) => `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">
  <meta name="viewport" content="width=device-width"><title>${title}</title></head>
  <body><main><h1>${title}</h1>${main}</main></body></html>`;

const LOGIN = html('登录', `<form method="post" action="/login">
  <label>姓名 <input name="name"></label> <label>密码 <input name="password" type="password"></label>
  <label>验证码 <input name="code" autocomplete="one-time-code"></label> <button>登录</button></form>`);

const PAGES = {
  '/': html('寻人', '<p>好。</p>'),
  '/login': LOGIN,
  '/review': html('待审', '<p>没有待审的信息。</p>'),
  '/faulty': html('错', '<img src="/photo.jpg"><p style="color:#aaa;background:#fff">看不清的字</p><script src="https://elsewhere.invalid/x.js"></script>'),
};

const server = createServer(async (request, response) => {
  let status = 200;
  let body = PAGES[request.url];
  if (request.url === '/readyz') body = 'ok';
  if (request.method === 'POST') {
    const form = new URLSearchParams(Buffer.concat(await request.toArray()).toString());
    // Like the program it also accepts the previous code, because a new half minute may begin while a code is on its way.
    const codes = [totp(SECRET), totp(SECRET, Date.now() - 30_000)];
    const right = form.get('name') === 'xiaowang' && form.get('password') === 'correct-horse' && codes.includes(form.get('code'));
    if (right) return response.writeHead(303, { location: '/review' }).end();
    body = LOGIN.replace('<form', '<p>姓名、密码或验证码不对。</p><form');
    status = 422;
  }
  response.writeHead(body ? status : 404, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'self'; style-src 'unsafe-inline'",
  });
  response.end(body);
});

server.listen(0, '127.0.0.1', () => {
  console.log(`listening  http://127.0.0.1:${server.address().port}\n\n# accounts`);
  for (const [role, name] of ACCOUNTS) console.log(`${role}  name=${name} password=correct-horse totp=${SECRET}`);
});

process.on('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
