import { testPublishedProxy } from '../support/behind-proxy.ts';
import { startCaddy } from '../support/caddy.ts';

testPublishedProxy({ name: 'Caddy', language: 'caddyfile', start: startCaddy, withoutPostern: 502 });
