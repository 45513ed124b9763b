import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type HttpHeaders, type HttpRequest, takesGzip } from '../message/message.ts';
import { readOnly } from '../message/methods.ts';
import { KEEP_FOR_EVER } from '../message/responses.ts';
import type { Endpoint } from '../request-context.ts';

/** Where the build puts the console, seen from this file: as it was compiled, and as it was written. */
const FOLDERS = ['../../../console/', '../../../dist/console/'] as const;

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The console needs nothing but this server, and its pages may run nothing that did not come with them. */
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

/** A file as it is sent. */
interface StaticFile {
  readonly bytes: Uint8Array;
  /** Returns the bytes in gzip. The first call compresses them, so that a start does not wait for it. */
  readonly compressed: () => Uint8Array;
  readonly headers: HttpHeaders;
}

/** The console's files, each found by the path that it is asked for under. */
export interface Console {
  /** What answers a request for a file or a page of the console; `null` where it is neither. */
  find(path: string, request: HttpRequest): Endpoint | null;
}

function readFile(folder: URL, path: string): StaticFile {
  const bytes = new Uint8Array(readFileSync(new URL(`.${path}`, folder)));
  const type = TYPES[extname(path)];
  let compressed: Uint8Array | undefined;
  if (!type) throw new Error(`the console holds a file of unknown type: ${path}`);
  return {
    bytes,
    compressed: () => {
      compressed ??= new Uint8Array(gzipSync(bytes));
      return compressed;
    },
    headers: {
      'content-type': type,
      'content-security-policy': CONTENT_SECURITY_POLICY,
      vary: 'Accept-Encoding',
      // The build names these files by what is in them.
      ...(path.startsWith('/assets/') && { 'cache-control': KEEP_FOR_EVER }),
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
  return new Map(files.map((path) => [path, readFile(folder, path)]));
}

function send(file: StaticFile): Endpoint {
  return readOnly(async (request) => {
    const zipped = takesGzip(request);
    return {
      status: 200,
      headers: { ...file.headers, ...(zipped && { 'content-encoding': 'gzip' }) },
      body: zipped ? file.compressed() : file.bytes,
    };
  });
}

/** Whether a browser asks for a page, which the console then shows by its path. */
function wantsPage(path: string, request: HttpRequest): boolean {
  return extname(path) === '' && (request.header('accept') ?? '').includes('text/html');
}

/** The built console, read into memory; `null` where none was built. */
export function loadConsole(): Console | null {
  const folders = FOLDERS.map((folder) => new URL(folder, import.meta.url));
  for (const folder of folders) {
    try {
      const files = readFolder(folder);
      const page = files.get('/index.html');
      return {
        find(path, request) {
          const file =
            path === '/' ? page : (files.get(path) ?? (wantsPage(path, request) ? page : undefined));
          return file ? send(file) : null;
        },
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return null;
}
