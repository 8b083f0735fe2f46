// Keeps elements marked data-live up to date without reloading the page.

const EVERY_MS = 3_000;

// Scrolls to a new message only where the newest one was in view, so that reading older messages is not disturbed.
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
      // Existing messages are not replaced, so that a screen reader reads only new ones.
      const come = [...fresh.children].filter(child => !document.getElementById(child.id));
      if (come.length > 0) append(part, come);
    } else if (part.innerHTML !== fresh.innerHTML) {
      part.replaceChildren(...fresh.childNodes);
    }
  }
}

// If the demo was stopped, the page stays as it is.
setInterval(() => refresh().catch(() => {}), EVERY_MS);
