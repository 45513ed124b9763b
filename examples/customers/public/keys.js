const find = (selector) => document.querySelector(selector);
const MESSAGES = {
  401: 'The customer or the password is wrong.',
  404: 'This key does not exist.',
  409: 'You cannot have more keys, or this key no longer works. Revoke a key first.',
};

/** Sends a request; resolves with the status and the JSON of the response. */
async function send(method, path, body) {
  const response = await fetch(path, {
    method,
    ...(body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, ok: response.ok, data: text === '' ? null : JSON.parse(text) };
}

function showProblem(status) {
  find('#problem').textContent = status ? (MESSAGES[status] ?? 'Something went wrong. Try again.') : '';
  find('#problem').hidden = !status;
}

const day = (instant) => new Date(instant).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'short' });

function describe(key, replacement) {
  const used = key.lastUsedAt ? `last used ${day(key.lastUsedAt)} from ${key.lastUsedIp}` : 'never used';
  const ends =
    key.status === 'ACTIVE' && replacement
      ? `replaced, works until ${day(replacement.metadata.replacedUntil)}`
      : key.status.toLowerCase();
  return `${key.maskedSecret} · ${ends} · ${used}`;
}

function showSecret(secret) {
  find('#secret code').textContent = secret;
  find('#secret').hidden = secret === '';
}

/** Sends a change of a key, then shows the result and the list. */
async function change(path, body) {
  const { status, ok, data } = await send('POST', path, body);
  showProblem(ok ? 0 : status);
  if (data?.secret) showSecret(data.secret);
  await load();
}

function rowOf(key, replacement) {
  const row = document.createElement('li');
  const about = document.createElement('div');
  const details = document.createElement('small');
  about.append(key.name, details);
  details.textContent = describe(key, replacement);
  row.append(about);
  const actions = key.status === 'ACTIVE' ? ['Replace', 'Revoke'] : [];
  for (const action of replacement ? actions.slice(1) : actions) {
    const button = document.createElement('button');
    button.textContent = action;
    button.ariaLabel = `${action} ${key.name}`;
    button.onclick = () => change(`/keys/${key.id}/${action.toLowerCase()}`);
    row.append(button);
  }
  return row;
}

async function load() {
  const { status, data } = await send('GET', '/keys');
  find('#sign-in').hidden = status !== 401;
  find('#keys').hidden = status === 401;
  if (!data?.keys) return showProblem(status === 401 ? 0 : status);
  find('#customer').textContent = `Signed in as ${data.customer}`;
  const replacements = new Map(data.keys.map((key) => [key.metadata?.replaces, key]));
  find('#list').replaceChildren(...data.keys.map((key) => rowOf(key, replacements.get(key.id))));
  return undefined;
}

find('#sign-in').onsubmit = async (event) => {
  event.preventDefault();
  const { status, ok } = await send('POST', '/session', Object.fromEntries(new FormData(event.target)));
  if (ok) await load();
  showProblem(ok ? 0 : status);
};
find('#new-key').onsubmit = async (event) => {
  event.preventDefault();
  await change('/keys', Object.fromEntries(new FormData(event.target)));
  event.target.reset();
};
find('#secret button').onclick = () => showSecret('');
await load();
