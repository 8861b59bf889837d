// What every page does when scripts run; without them everything still works, only less lively.

/** The CSRF token for calls to the API with the page's cookie. */
export const csrfToken = () => document.querySelector('meta[name="csrf"]')?.content ?? '';

/** Calls the API as the visitor of this page; answers the JSON, throws the problem. */
export async function callAPI(method, path, body, headers = {}) {
  const response = await fetch(path, {
    method,
    headers: {
      Accept: 'application/json',
      'Accept-Language': document.documentElement.lang,
      'X-CSRF-Token': csrfToken(),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answer = response.status === 204 ? null : await response.json();
  if (!response.ok) throw Object.assign(new Error(answer?.title ?? response.statusText), answer);
  return answer;
}

/** Fen as `¥1,234.56`. */
export function money(fen) {
  const digits = String(Math.abs(fen)).padStart(3, '0');
  const yuan = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ',');
  return `${fen < 0 ? '−' : ''}¥${yuan}.${digits.slice(-2)}`;
}

// A form that was sent and is shown again stands at the address it was sent to, where nobody can come
// back to; its page's own address takes that place.
const here = document.querySelector('meta[name="here"]')?.content;
if (here) window.history.replaceState(null, '', here);

// A button sends its form once. It is switched off after the form has gathered its values, and on
// again when the visitor comes back to the page.
document.addEventListener('submit', (event) => {
  if (event.defaultPrevented) return;
  const question = event.submitter?.dataset.confirm;
  if (question && !window.confirm(question)) {
    event.preventDefault();
    return;
  }
  const form = event.target;
  if (form.method !== 'post') return;
  setTimeout(() => {
    for (const button of form.querySelectorAll('button')) button.disabled = true;
    form.setAttribute('aria-busy', 'true');
  });
});
window.addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[aria-busy]')) {
    form.removeAttribute('aria-busy');
    for (const button of form.querySelectorAll('button')) button.disabled = false;
  }
});

// Fields marked with data-autosubmit send their form when they change.
document.addEventListener('change', (event) => {
  if (event.target.matches('[data-autosubmit]')) event.target.form?.requestSubmit();
});

// <div data-live="/orders/1/waiting">: replaced by what the address answers, until the answer says where
// to go instead. The address tells by itself as a stream of events; until it does, and whenever it
// cannot, it is asked every two seconds, and now and then even so.
function live(element) {
  const address = element.dataset.live;
  const impatient = 2000;
  const calm = 30000;
  let stream;
  let isTold = false;
  let timer;

  // As the server made it, before anything counts down in it.
  let shown = element.innerHTML.trim();
  const show = (html) => {
    if (shown === html.trim()) return;
    shown = html.trim();
    element.innerHTML = html;
    countDown();
  };
  const leave = (place) => {
    stop();
    window.location.assign(place);
  };
  const askIn = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(ask, wait);
  };
  const ask = async () => {
    let wait = isTold ? calm : impatient;
    try {
      const response = await fetch(address, { headers: { Accept: 'text/html' } });
      const place = response.headers.get('X-Kontor-Location');
      if (document.hidden) return;
      // Whoever is sent elsewhere is no longer logged in.
      if (place || response.redirected) return leave(place ?? window.location.href);
      if (response.status === 200) show(await response.text());
    } catch {
      wait = calm / 6;
    }
    askIn(wait);
  };
  const listen = () => {
    stream?.close();
    stream = new EventSource(address);
    const mine = stream;
    stream.addEventListener('show', (event) => {
      isTold = true;
      askIn(calm);
      show(event.data);
    });
    stream.addEventListener('leave', (event) => leave(event.data));
    stream.addEventListener('error', () => {
      if (isTold) askIn(impatient);
      isTold = false;
      // The browser connects again by itself, unless it was refused.
      if (mine.readyState === EventSource.CLOSED) {
        setTimeout(() => mine === stream && !document.hidden && listen(), calm);
      }
    });
  };
  const start = () => {
    listen();
    askIn(impatient);
  };
  const stop = () => {
    stream?.close();
    isTold = false;
    clearTimeout(timer);
  };

  // A page that nobody sees takes no connection from those that are seen.
  document.addEventListener('visibilitychange', () => (document.hidden ? stop() : start()));
  if (!document.hidden) start();
}
for (const element of document.querySelectorAll('[data-live]')) live(element);

// <time data-deadline="2026-01-31T01:05:00Z"> inside <… data-now="…">: counts down by the server's clock
// when it made the page, which may be far from the visitor's; at the end the page is asked for again,
// for the server decides.
const opened = Date.now();
function countDown() {
  for (const element of document.querySelectorAll('[data-deadline]')) {
    const told = element.closest('[data-now]')?.dataset.now;
    const started = told ? Date.parse(told) : opened;
    const now = started + (Date.now() - opened);
    const left = Math.max(0, Math.ceil((Date.parse(element.dataset.deadline) - now) / 1000));
    const pad = (number) => String(number).padStart(2, '0');
    const days = Math.floor(left / 86400);
    const clock = `${pad(Math.floor(left / 3600) % 24)}:${pad(Math.floor(left / 60) % 60)}:${pad(left % 60)}`;
    element.textContent = days > 0 ? `${days}d ${clock}` : clock.replace(/^00:/, '');
    element.classList.toggle('urgent', left < 60);
    if (left === 0 && !element.dataset.over) {
      element.dataset.over = 'true';
      if (element.dataset.reload !== undefined) setTimeout(() => window.location.reload(), 1500);
    }
  }
}
if (document.querySelector('[data-deadline]')) {
  countDown();
  setInterval(countDown, 1000);
}

// A menu closes when something else is clicked, and by Escape.
const closeMenus = (except) => {
  for (const menu of document.querySelectorAll('details.menu[open]')) {
    if (menu !== except) menu.open = false;
  }
};
document.addEventListener('click', (event) => closeMenus(event.target.closest('details.menu')));
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') closeMenus();
});
