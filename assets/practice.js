// Keeps what is marked data-live as fresh as the server's page, without loading the page anew.

const EVERY_MS = 3_000;

// Whoever has the newest message in sight gets to see the next one; who reads older ones is left alone.
function append(chat, messages) {
  const region = chat.closest('.chat-scroll');
  const { top, bottom } = region.getBoundingClientRect();
  const newest = chat.lastElementChild;
  const seen = !newest || newest.getBoundingClientRect().top < bottom;
  chat.append(...messages);
  if (seen) region.scrollTop += messages.at(-1).getBoundingClientRect().top - top;
}

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const part of document.querySelectorAll('[data-live]')) {
    const fresh = page.getElementById(part.id);
    if (!fresh) continue;
    if (part.dataset.live === 'append') {
      // What stands is left alone, so that a screen reader says only what is new.
      const come = [...fresh.children].filter(child => !document.getElementById(child.id));
      if (come.length > 0) append(part, come);
    } else if (part.innerHTML !== fresh.innerHTML) {
      part.replaceChildren(...fresh.childNodes);
    }
  }
}

// The demo may have been stopped: then the page stays as it is.
setInterval(() => refresh().catch(() => {}), EVERY_MS);
