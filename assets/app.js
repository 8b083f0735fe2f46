// Everything works without this file; with it, some things are easier.

const all = (selector, on = document) => on.querySelectorAll(selector);

// A screen reader, and the eye, begin at what went wrong.
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
      // The text is there to be selected by hand.
      button.hidden = true;
    }
  });
}

// data-leave: who has to leave quickly leaves no way back to this page.
for (const link of all('[data-leave]')) {
  link.addEventListener('click', event => {
    event.preventDefault();
    location.replace(link.href);
  });
}

// data-left: seconds from when the page came, for clocks differ; data-words: a sentence with {h}, {m} and {s}
// in it. What has no time left is hidden, as is an element that has no words and would be of no use any more.
const ends = new WeakMap();
function countDown() {
  for (const place of all('[data-left]')) {
    if (!ends.has(place)) ends.set(place, performance.now() + place.dataset.left * 1000);
    const left = Math.floor((ends.get(place) - performance.now()) / 1000);
    place.hidden = left < 0;
    const part = { h: Math.floor(left / 3600), m: Math.floor(left / 60) % 60, s: left % 60 };
    const words = place.dataset.words?.replace(/\{([hms])\}/g, (_, letter) => part[letter]);
    if (words && place.textContent !== words) place.textContent = words;
  }
}
countDown();
setInterval(countDown, 1000);

// A photo is made smaller before it travels; whatever goes wrong, the original is sent.
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
for (const input of all('input[type=file]')) {
  input.addEventListener('change', async () => {
    try {
      const chosen = new DataTransfer();
      for (const file of await Promise.all([...input.files].map(smaller))) chosen.items.add(file);
      input.files = chosen.files;
    } catch {
      // HEIC, or an old browser: the server answers in plain words.
    }
  });
}

// data-refresh: seconds, on a page that its address asks for again. The element is taken anew from there, unless somebody is at work in it. In a
// list whose entries say what they are (data-entry), other entries than those one is reading are not put under
// one's eyes: the element behind data-news says that there are some.
const refreshes = new Map();
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
      if (dataset.news && entries(fresh) !== entries(old)) {
        document.getElementById(dataset.news).hidden = false;
        return;
      }
      known = fresh.innerHTML;
      old.replaceChildren(...fresh.childNodes);
      countDown();
    } catch {
      // Offline: the next turn tries again.
    }
  };
  refreshes.set(id, refresh);
  setInterval(refresh, Math.max(2, Number(dataset.refresh)) * 1000);
}

// data-keep: the form that prolongs one's hold on a case. Whoever types is at work on it: once a minute that
// is told, in the background.
let told = -Infinity;
document.addEventListener('input', async () => {
  const form = document.querySelector('form[data-keep]');
  if (!form || performance.now() - told < 60_000) return;
  told = performance.now();
  try {
    await fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)), redirect: 'manual' });
    refreshes.get('standing')?.();
  } catch {
    // Offline: the next letter but one minute tries again.
  }
});

// data-key: a letter that presses the element, named on the page and switched off there. In a list it
// leads from one entry to the next, or presses the button of the entry one is at.
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
