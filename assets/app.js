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

// data-until: an instant; data-words: a sentence with {h}, {m} and {s} in it.
function countDown() {
  for (const place of all('[data-until]')) {
    const left = Math.max(0, Math.floor((Date.parse(place.dataset.until) - Date.now()) / 1000));
    const part = { h: Math.floor(left / 3600), m: Math.floor(left / 60) % 60, s: left % 60 };
    const words = place.dataset.words.replace(/\{([hms])\}/g, (_, letter) => part[letter]);
    if (place.textContent !== words) place.textContent = words;
  }
}
countDown();
if (document.querySelector('[data-until]')) setInterval(countDown, 1000);

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

// data-refresh: seconds. The element is taken anew from its own page, unless somebody is at work in it.
for (const { id, dataset } of all('[id][data-refresh]')) {
  const refresh = async () => {
    const old = document.getElementById(id);
    if (document.hidden || old.contains(document.activeElement)) return;
    try {
      const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
      if (!answer.ok || answer.redirected) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById(id);
      if (fresh && fresh.innerHTML !== old.innerHTML) old.replaceChildren(...fresh.childNodes);
    } catch {
      // Offline: the next turn tries again.
    }
  };
  setInterval(refresh, Math.max(2, Number(dataset.refresh)) * 1000);
}

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
