import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { GraphiQLOptions } from 'graphql-yoga';
import type { Config } from '../../config.ts';
import { acceptsGzip, type HttpRequest, type HttpResponse } from '../message/message.ts';
import { FAVICON, LOGO, SCRIPT, STYLES, titleOf } from './graphiql-page.ts';
import { GRAPHIQL_TABS } from './graphiql-tabs.ts';

/** GraphiQL for browsers. It loads everything from this server. */
export interface Graphiql {
  /** Returns whether a browser requests a page. */
  accepts(request: HttpRequest): boolean;
  /** Returns the page. */
  page(request: HttpRequest): Promise<HttpResponse>;
}

/** The rendered page. */
interface Page {
  readonly html: string;
  readonly compressed: Uint8Array;
  readonly contentSecurityPolicy: string;
}

/**
 * Three of these are properties of the component that are missing in the type of the options. The browser stores nothing, and
 * the address bar shows nothing, because users type passwords and secrets here. The component ignores the variables of the
 * first tab, so they are repeated in `initialVariables`.
 */
const OPTIONS: GraphiQLOptions & { initialVariables?: string; storage: null; onEditQuery: null } = {
  logo: LOGO,
  favicon: FAVICON,
  defaultTabs: [...GRAPHIQL_TABS],
  credentials: 'same-origin',
  // Subscriptions too: a cookie authenticates no GET.
  method: 'POST',
  shouldPersistHeaders: false,
  initialVariables: GRAPHIQL_TABS[0]?.variables,
  storage: null,
  onEditQuery: null,
};

/** Returns a policy that allows only the script of the page, by its digest. The editor needs inline styles and blob workers. */
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

async function renderPage(title: string): Promise<Page> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  // Functions as replacements, because the texts contain dollar signs.
  const html = renderGraphiQL({ ...OPTIONS, title })
    .replace(/<title>.*<\/title>/, () => '<title>Postern</title>')
    .replace('</head>', () => `${STYLES}</head>`)
    .replace('<script>', () => `<script>${SCRIPT}`);
  return {
    html,
    compressed: new Uint8Array(await promisify(gzip)(html)),
    contentSecurityPolicy: policyFor(html),
  };
}

/** Creates GraphiQL. The page is rendered once, at the first request. */
export function createGraphiql({ providers }: Pick<Config, 'providers'>): Graphiql {
  let rendering: Promise<Page> | undefined;

  return {
    accepts: (request) => request.method === 'GET' && (request.header('accept') ?? '').includes('text/html'),

    async page(request) {
      rendering ??= renderPage(titleOf(providers));
      const { html, compressed, contentSecurityPolicy } = await rendering;
      const compress = acceptsGzip(request);
      return {
        status: 200,
        headers: {
          'content-type': 'text/html; charset=utf-8',
          'content-security-policy': contentSecurityPolicy,
          vary: 'Accept, Accept-Encoding',
          ...(compress && { 'content-encoding': 'gzip' }),
        },
        body: compress ? compressed : html,
      };
    },
  };
}
