import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { GraphiQLOptions } from 'graphql-yoga';
import { type HttpRequest, type HttpResponse, takesGzip } from '../message/message.ts';
import { GRAPHIQL_TABS } from './graphiql-tabs.ts';

/** GraphiQL for browsers, from assets of our own: it needs no network but this server. */
export interface Graphiql {
  /** Whether a browser wants to see a page, rather than a program an answer. */
  isAskedFor(request: HttpRequest): boolean;
  page(request: HttpRequest): Promise<HttpResponse>;
}

/** The page as it is sent. */
interface Page {
  readonly html: string;
  readonly compressed: Uint8Array;
  readonly contentSecurityPolicy: string;
}

/**
 * Three of these are properties of the component that the options' type leaves out. Nothing is kept in the browser and
 * nothing put into the address bar, for what is typed here may be a password or a secret. The variables of the tab that
 * is open from the start have to be said once more: the component shows those of the others alone.
 */
const OPTIONS: GraphiQLOptions & { initialVariables?: string; storage: null; onEditQuery: null } = {
  title: 'Postern',
  defaultTabs: [...GRAPHIQL_TABS],
  credentials: 'same-origin',
  // Subscriptions too: a cookie authenticates no GET.
  method: 'POST',
  shouldPersistHeaders: false,
  initialVariables: GRAPHIQL_TABS[0]?.variables,
  storage: null,
  onEditQuery: null,
};

/** The page's own script may run, by its digest, and no other; the editor needs styles and workers made on the fly. */
function policyFor(html: string): string {
  const script = html.slice(html.indexOf('<script>') + '<script>'.length, html.lastIndexOf('</script>'));
  const digest = createHash('sha256').update(script).digest('base64');
  return [
    "default-src 'none'",
    `script-src 'sha256-${digest}'`,
    "style-src 'unsafe-inline'",
    'worker-src blob:',
    "connect-src 'self'",
    'img-src data:',
    'font-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Tabs that are there from the start jump aside under the first press of the mouse, and miss it, unless they are held. */
const STEADY_TABS = '<style>.graphiql-tab { transform: none !important; }</style>';

async function renderPage(): Promise<Page> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const html = renderGraphiQL(OPTIONS).replace('</head>', `${STEADY_TABS}</head>`);
  return {
    html,
    compressed: new Uint8Array(await promisify(gzip)(html)),
    contentSecurityPolicy: policyFor(html),
  };
}

/** GraphiQL that is rendered when it is first asked for, and once. */
export function createGraphiql(): Graphiql {
  let rendering: Promise<Page> | undefined;

  return {
    isAskedFor: (request) =>
      request.method === 'GET' && (request.header('accept') ?? '').includes('text/html'),

    async page(request) {
      rendering ??= renderPage();
      const { html, compressed, contentSecurityPolicy } = await rendering;
      const zipped = takesGzip(request);
      return {
        status: 200,
        headers: {
          'content-type': 'text/html; charset=utf-8',
          'content-security-policy': contentSecurityPolicy,
          vary: 'Accept, Accept-Encoding',
          ...(zipped && { 'content-encoding': 'gzip' }),
        },
        body: zipped ? compressed : html,
      };
    },
  };
}
