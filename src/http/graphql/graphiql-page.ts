import type { Config } from '../../config.ts';
import { escapeHtml } from '../message/html.ts';
import { CARRIED, GRAPHIQL_TABS } from './graphiql-tabs.ts';

const MARK =
  '<svg width="28" height="28" viewBox="0 0 32 32" xmlns="http://www.w3.org/2000/svg"><rect width="32" height="32" rx="8" fill="#0f6a5f"/><path d="M9 25V15a7 7 0 0 1 14 0v10h-4.5v-9.2a2.5 2.5 0 0 0-5 0V25z" fill="#fff"/></svg>';

/** The icon of the page. */
export const FAVICON = `data:image/svg+xml,${encodeURIComponent(MARK)}`;

/** The logo, which leads to the console. */
export const LOGO = `<a href="/tokens" aria-label="Open the console" title="Open the console">${MARK}</a>`;

/** Returns the title beside the logo: the link to the console, and links that sign in at a provider and lead back here. */
export function titleOf(providers: Config['providers']): string {
  const links = providers.map(
    ({ id, label }) =>
      `<a class="postern-sign-in" href="/auth/${id}/start?to=/graphql">Sign in with ${escapeHtml(label)}</a>`,
  );
  const heading =
    '<span role="heading" aria-level="1"><a class="postern-home" href="/tokens">Postern</a></span>';
  return [heading, ...links].join(' ');
}

/**
 * Styles on top of those of GraphiQL: Postern's colours, and a contrast that suffices for text. Without the first rule, a tab
 * moves away when it is first pressed, and the click is lost. On a narrow screen, the response is below the query.
 */
export const STYLES = `<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
.graphiql-tab { transform: none !important; }
.graphiql-logo { flex: none; color: hsl(var(--color-neutral)) !important; }
.graphiql-logo > div > div { flex: none; }
.graphiql-logo span { display: inline-flex; flex-wrap: wrap; align-items: baseline; gap: 0.125rem 0.75rem; }
.graphiql-logo a { color: inherit; text-decoration: none; }
.graphiql-logo .postern-sign-in { font-size: 0.8rem; text-decoration: underline; white-space: nowrap; }
.graphiql-session-header .graphiql-tabs { min-width: 0; }
.graphiql-session-header .graphiql-tab { flex: none; }
html body :is(.graphiql-container, .graphiql-dialog) {
  --color-primary: 173, 75%, 24%; --color-info: 208, 100%, 34%; --color-warning: 36, 100%, 27%; --color-success: 158, 60%, 25%;
}
html body .graphiql-doc-explorer a { text-decoration: underline; }
html body .graphiql-dialog a { text-decoration: underline; }
html body .monaco-editor .line-numbers { color: hsla(var(--color-neutral), 0.85) !important; }
html body .graphiql-execute-button > svg { color: hsl(var(--color-base)); }
@media (prefers-color-scheme: dark) {
  html body:not(.graphiql-light) :is(.graphiql-container, .graphiql-dialog) {
    --color-primary: 171, 47%, 58%; --color-base: 60, 2%, 8%; --color-info: 208, 100%, 72%; --color-warning: 30, 100%, 80%; --color-success: 158, 100%, 42%;
  }
}
html body.graphiql-dark :is(.graphiql-container, .graphiql-dialog) {
  --color-primary: 171, 47%, 58%; --color-base: 60, 2%, 8%; --color-info: 208, 100%, 72%; --color-warning: 30, 100%, 80%; --color-success: 158, 100%, 42%;
}
@media (max-width: 50rem) {
  body, #root, .graphiql-container { height: auto !important; min-height: 100dvh; overflow: auto !important; }
  .graphiql-sidebar, .graphiql-horizontal-drag-bar { display: none !important; }
  .graphiql-main, .graphiql-session, #graphiql-session { flex-direction: column !important; }
  .graphiql-sessions { margin: 4px !important; max-width: 100vw; }
  .graphiql-session-header { flex-wrap: wrap; height: auto !important; padding-bottom: 0.25rem !important; }
  .graphiql-session-header .graphiql-tabs { flex: 1; overflow-x: auto; }
  .graphiql-logo { flex: 1 0 100%; order: -1; }
  .graphiql-session > div, .graphiql-editors { flex: none !important; width: 100% !important; }
  .graphiql-editors { min-height: 30rem; }
  .graphiql-response { min-height: 22rem; }
}
</style>`;

/** The button that takes the query of the current tab to the console's form for a new token. */
const TOKEN_BUTTON =
  '<button type="button" class="graphiql-un-styled graphiql-toolbar-button" data-postern-token aria-label="Token for this query" title="Token for this query"><svg class="graphiql-toolbar-icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.5" aria-hidden="true"><circle cx="8" cy="16" r="4.5"/><path d="M11.5 12.5 20 4m-4 4 3 3m-6 0 2 2"/></svg></button>';

/**
 * The script of the page. It fills in what an earlier response contained for the placeholders of the tabs, in memory only,
 * and opens the headers of a tab that has some. GraphiQL calls the `fetch` that it finds when it sends a request. The new tab
 * gets the query by a copy of the session storage, because variables can contain secrets and an address is stored.
 * A tab of GraphiQL contains buttons, which the role of a tab forbids, so its tabs become a list. The editor follows a change
 * of the colour scheme.
 */
export const SCRIPT = `(function (carried, withHeaders, tokenButton) {
  const values = new Map();
  const send = window.fetch;

  function fill(text) {
    for (const [placeholder, value] of values) text = text.replaceAll(placeholder, value);
    return text;
  }

  function remember({ data }) {
    for (const [placeholder, paths] of Object.entries(carried)) {
      for (const path of paths) {
        const value = path.reduce((part, key) => part?.[key], data);
        if (typeof value === 'string') values.set(placeholder, value);
      }
    }
  }

  window.fetch = async (url, options = {}) => {
    const headers = new Headers(options.headers);
    for (const [name, value] of [...headers]) headers.set(name, fill(value));
    const body = typeof options.body === 'string' ? fill(options.body) : options.body;
    const response = await send(url, { ...options, headers, body });
    const isJson = (response.headers.get('content-type') ?? '').includes('json');
    if (isJson) response.clone().json().then(remember, () => {});
    return response;
  };

  function textOf(file) {
    const { editor } = globalThis.__MONACO;
    return editor.getModels().find(({ uri }) => uri.path.endsWith(file))?.getValue() ?? '';
  }

  function openTokenForm() {
    const query = { document: textOf('operation.graphql'), variables: fill(textOf('variables.json')) };
    sessionStorage.setItem('postern.query', JSON.stringify(query));
    if (window.open('/tokens/new')) sessionStorage.removeItem('postern.query');
    else location.assign('/tokens/new');
  }

  function addTokenButton() {
    const toolbar = document.querySelector('.graphiql-toolbar');
    if (!toolbar || toolbar.querySelector('[data-postern-token]')) return;
    toolbar.insertAdjacentHTML('beforeend', tokenButton);
    toolbar.lastElementChild.addEventListener('click', openTokenForm);
  }

  function describe(selector, attributes) {
    for (const element of document.querySelectorAll(selector)) {
      for (const [name, value] of Object.entries(attributes)) {
        if (value === null) element.removeAttribute(name);
        else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
      }
    }
  }

  function describeParts() {
    describe('.graphiql-main', { role: 'main' });
    describe('.graphiql-tabs', { role: 'list' });
    describe('.graphiql-tab', { role: null, 'aria-selected': null });
    describe('.graphiql-tab > button:first-child', { 'aria-current': 'false' });
    describe('.graphiql-tab-active > button:first-child', { 'aria-current': 'true' });
    describe('#graphiql-session', { role: 'region' });
  }

  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', ({ matches }) => {
    if (document.querySelector('body.graphiql-dark, body.graphiql-light')) return;
    globalThis.__MONACO?.editor.setTheme(matches ? 'graphiql-DARK' : 'graphiql-LIGHT');
  });

  new MutationObserver(() => {
    addTokenButton();
    describeParts();
  }).observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: ['role', 'aria-selected'] });

  document.addEventListener('click', ({ target }) => {
    const tab = target.closest('.graphiql-tab');
    const index = [...document.querySelectorAll('.graphiql-tab')].indexOf(tab);
    if (index < 0 || index >= withHeaders.length) return;
    const name = withHeaders[index] ? 'Headers' : 'Variables';
    setTimeout(() => {
      const tools = [...document.querySelectorAll('.graphiql-editor-tools button')];
      tools.find((button) => button.innerText.trim() === name)?.click();
    });
  });
})(${JSON.stringify(CARRIED)}, ${JSON.stringify(GRAPHIQL_TABS.map(({ headers }) => headers !== undefined))}, ${JSON.stringify(TOKEN_BUTTON)});`;
