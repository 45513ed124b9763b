import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { escapeHtml } from '../message/html.ts';
import { acceptsGzip, type HttpHeaders, type HttpRequest } from '../message/message.ts';
import { readOnly } from '../message/methods.ts';
import { IMMUTABLE } from '../message/responses.ts';
import type { Endpoint } from '../request-context.ts';

/** The folder of the built console, relative to this file: in `dist`, and in `src`. */
const FOLDERS = ['../../../console/', '../../../dist/console/'] as const;

/** The page of every path of the console. */
const PAGE = '/index.html';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The console loads everything from this server, and runs no inline scripts. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** Compresses in a thread of libuv, so that other requests do not wait. */
const compress = promisify(gzip);

/** A file in memory. */
interface StaticFile {
  readonly bytes: Uint8Array;
  /** Resolves to the bytes in gzip. The first call compresses them, so that the start does not wait for it. */
  readonly compressed: () => Promise<Uint8Array>;
  readonly headers: HttpHeaders;
}

/** The files of the console. */
export interface Console {
  readonly files: ReadonlyMap<string, StaticFile>;
  /** Returns the endpoint for a file or page of the console; `null` if the path is neither. */
  find(path: string, request: HttpRequest): Endpoint | null;
}

function fileOf(path: string, bytes: Uint8Array): StaticFile {
  const type = TYPES[extname(path)];
  let compressed: Promise<Uint8Array> | undefined;
  if (!type) throw new Error(`the console has a file of an unknown type: ${path}`);
  return {
    bytes,
    compressed: () => {
      compressed ??= compress(bytes);
      return compressed;
    },
    headers: {
      'content-type': type,
      'content-security-policy': CONTENT_SECURITY_POLICY,
      vary: 'Accept-Encoding',
      // The names of these files contain a hash of their content.
      ...(path.startsWith('/assets/') && { 'cache-control': IMMUTABLE }),
    },
  };
}

function readFolder(folder: URL): ReadonlyMap<string, StaticFile> {
  const files = readdirSync(fileURLToPath(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const inside = `${entry.parentPath}/`.slice(fileURLToPath(folder).length);
      return `/${inside}${entry.name}`.replaceAll('//', '/');
    });
  return new Map(
    files.map((path) => [path, fileOf(path, new Uint8Array(readFileSync(new URL(`.${path}`, folder))))]),
  );
}

function send(file: StaticFile): Endpoint {
  return readOnly(async (request) => {
    const isCompressed = acceptsGzip(request);
    return {
      status: 200,
      headers: { ...file.headers, ...(isCompressed && { 'content-encoding': 'gzip' }) },
      body: isCompressed ? await file.compressed() : file.bytes,
    };
  });
}

/** Returns whether a browser requests a page; the console renders it by its path. */
function isPageRequest(path: string, request: HttpRequest): boolean {
  return extname(path) === '' && (request.header('accept') ?? '').includes('text/html');
}

function consoleOf(files: ReadonlyMap<string, StaticFile>): Console {
  const page = files.get(PAGE);
  return {
    files,
    find(path, request) {
      const file =
        path === '/' ? page : (files.get(path) ?? (isPageRequest(path, request) ? page : undefined));
      return file ? send(file) : null;
    },
  };
}

/** Reads the built console into memory; returns `null` if it is not built. */
export function loadConsole(): Console | null {
  const folders = FOLDERS.map((folder) => new URL(folder, import.meta.url));
  for (const folder of folders) {
    try {
      return consoleOf(readFolder(folder));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return null;
}

/** Returns the console with an address for feedback in its page, where its links read it; without an address, as it is. */
export function withFeedback(console: Console | null, url: string | null): Console | null {
  const page = console?.files.get(PAGE);
  if (!console || !page || url === null) return console;
  const html = Buffer.from(page.bytes)
    .toString()
    .replace('</head>', () => `<meta name="postern-feedback" content="${escapeHtml(url)}" /></head>`);
  return consoleOf(new Map([...console.files, [PAGE, fileOf(PAGE, new TextEncoder().encode(html))]]));
}
