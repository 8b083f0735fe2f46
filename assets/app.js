// Every page works without this file; with it, some things are easier.

const all = (selector, on = document) => on.querySelectorAll(selector);

// Focus the error summary, so that a screen reader, like the eye, begins there.
document.querySelector('.error-summary')?.focus();

for (const button of all('[data-copy]')) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener('click', async () => {
    const said = button.parentElement.querySelector('[role=status]');
    try {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      said.textContent = button.dataset.done;
    } catch {
      // The text can still be selected by hand.
      button.hidden = true;
    }
  });
}

// data-leave: leaves the page quickly and replaces it in the history, so that Back does not return to it.
for (const link of all('[data-leave]')) {
  link.addEventListener('click', event => {
    event.preventDefault();
    location.replace(link.href);
  });
}

// data-left: seconds left when the page was loaded (a time of day would depend on the reader's clock). data-words: a
// sentence with {h}, {m} and {s} in it. An element whose time is up is hidden, even one without words, and what the page
// shows is fetched again once the server has done what it does then.
const refreshes = new Map();
const ends = new WeakMap();
const SERVER_MS = 1500;
function countDown() {
  for (const place of all('[data-left]')) {
    if (!ends.has(place)) ends.set(place, performance.now() + place.dataset.left * 1000);
    const left = Math.floor((ends.get(place) - performance.now()) / 1000);
    if (left < 0 && !place.hidden && place.dataset.left > 0) setTimeout(() => refreshes.forEach(refresh => refresh()), SERVER_MS);
    place.hidden = left < 0;
    const part = { h: Math.floor(left / 3600), m: Math.floor(left / 60) % 60, s: left % 60 };
    const words = place.dataset.words?.replace(/\{([hms])\}/g, (_, letter) => part[letter]);
    if (words && place.textContent !== words) place.textContent = words;
  }
}
countDown();
setInterval(countDown, 1000);

// A photo is made smaller before the upload; whatever goes wrong, the original is sent.
const LONGEST = 1600;
async function smaller(file) {
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' });
  const scale = LONGEST / Math.max(picture.width, picture.height);
  if (scale >= 1 && file.size < 1e6) return file;
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(picture.width * Math.min(1, scale));
  canvas.height = Math.round(picture.height * Math.min(1, scale));
  canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise(done => canvas.toBlob(done, 'image/jpeg', 0.85));
  return blob && blob.size < file.size ? new File([blob], 'photo.jpg', { type: 'image/jpeg' }) : file;
}
function watch(input, chosen) {
  input.addEventListener('change', async () => {
    try {
      const smalls = new DataTransfer();
      for (const file of await Promise.all([...input.files].map(smaller))) smalls.items.add(file);
      input.files = smalls.files;
    } catch {
      // HEIC, or an old browser: the original is sent, and the server says what is wrong with it.
    }
    chosen?.(input.files);
  });
}
for (const input of all('input[type=file]')) if (!input.closest('[data-photos]')) watch(input);

// data-photos: a photo is uploaded as soon as it is chosen. The field's button, which does so without this file, says
// where to. The field comes back as the server shows it; what is typed elsewhere is not sent, and stays.
function uploads(field) {
  const input = field.querySelector('input[type=file]');
  const button = field.querySelector('button');
  const said = field.querySelector('[data-failed]');
  const send = async files => {
    const sent = new FormData();
    for (const it of all('[type=hidden], [name=photo_ids]:checked', input.form)) sent.append(it.name, it.value);
    for (const file of files) sent.append(input.name, file);
    sent.append(button.name, button.value);
    said.textContent = said.dataset.sending;
    try {
      const answer = await fetch(button.formAction, { method: 'POST', body: sent });
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById(field.id);
      if (!answer.ok && !fresh.querySelector('.error')) throw answer;
      field.replaceWith(fresh);
      uploads(fresh);
      fresh.querySelector('input[type=file]').focus();
    } catch {
      // Offline, or too many were sent: the photo stays chosen, and goes with the form.
      said.textContent = said.dataset.failed;
    }
  };
  button.hidden = true;
  watch(input, files => files.length && send(files));
}
for (const field of all('[data-photos]')) uploads(field);

// data-unsent: a form whose words are lost where the page is left before they are sent, so the browser asks first. They
// are never kept on the device, where others may read them.
for (const form of all('form[data-unsent]')) {
  let calling = false;
  const ask = event => {
    if (!calling) event.preventDefault();
  };
  form.addEventListener('input', () => addEventListener('beforeunload', ask));
  form.addEventListener('submit', event => {
    const offline = form.querySelector('[data-offline]');
    offline.textContent = navigator.onLine ? '' : offline.dataset.offline;
    if (navigator.onLine) removeEventListener('beforeunload', ask);
    else event.preventDefault();
  });
  // Some browsers take a call for leaving the page: nobody who calls 110 is asked anything.
  document.addEventListener('click', event => {
    calling = Boolean(event.target.closest('a[href^="tel:"]'));
  });
}

// data-refresh: the interval in seconds at which the page is fetched again and the element is replaced, unless the focus
// is inside it. In a list whose entries have names (data-entry) other entries do not replace those being read: the
// element named by data-news says that there are new ones. Where its data-version has changed, all that the page offers
// is out of date, and the page is loaded again, unless a form is open.
for (const { id, dataset } of all('[id][data-refresh]')) {
  const entries = on => [...all('[data-entry]', on)].map(it => it.dataset.entry).join();
  let known;
  const refresh = async () => {
    const old = document.getElementById(id);
    if (document.hidden || old.contains(document.activeElement)) return;
    try {
      const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
      if (!answer.ok || answer.redirected) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById(id);
      if (!fresh || fresh.innerHTML === known || old.contains(document.activeElement)) return;
      if (fresh.dataset.version !== dataset.version && !document.querySelector('details[open] form')) {
        // What was done before is not said again.
        history.replaceState(null, '', location.pathname);
        location.reload();
        return;
      }
      if (dataset.news && entries(fresh) !== entries(old)) {
        document.getElementById(dataset.news).hidden = false;
        return;
      }
      known = fresh.innerHTML;
      old.replaceChildren(...fresh.childNodes);
      countDown();
    } catch {
      // Offline: the next interval tries again.
    }
  };
  refreshes.set(id, refresh);
  setInterval(refresh, Math.max(2, Number(dataset.refresh)) * 1000);
}

// data-keep: the form that renews the claim on a case. Typing shows that the claim is in use, so at most once a minute
// the form is sent in the background.
let told = -Infinity;
document.addEventListener('input', async () => {
  const form = document.querySelector('form[data-keep]');
  if (!form || performance.now() - told < 60_000) return;
  told = performance.now();
  try {
    await fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)), redirect: 'manual' });
    refreshes.get('standing')?.();
  } catch {
    // Offline: the first keystroke a minute later tries again.
  }
});

// data-key: a keyboard key that presses the element; the page names the keys and can switch them off. In a list a key
// moves from entry to entry, or presses the button of the focused entry.
const keys = document.getElementById('keys');
if (keys) {
  const on = keys.querySelector('input');
  on.checked = localStorage.getItem('keys') !== 'off';
  on.addEventListener('change', () => localStorage.setItem('keys', on.checked ? 'on' : 'off'));
  keys.hidden = false;
  document.addEventListener('keydown', event => {
    if (!on.checked || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target.closest('select, textarea, input:not([type=checkbox], [type=radio])')) return;
    const these = [...all('[data-key]')].filter(it => it.dataset.key === event.key);
    if (!these.length) return;
    event.preventDefault();
    const at = these.findIndex(it => it.closest('li')?.contains(document.activeElement));
    const [first] = these;
    if (first.matches('li a')) return these[(at + 1) % these.length].focus();
    if (!first.matches('summary')) return these[Math.max(at, 0)].click();
    first.parentElement.open = true;
    first.parentElement.querySelector('form :is(input:not([type=hidden]), textarea)').focus();
  });
}
