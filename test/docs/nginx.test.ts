import { testPublishedProxy } from '../support/behind-proxy.ts';
import { startNginx } from '../support/nginx.ts';

testPublishedProxy({ name: 'nginx', language: 'nginx', start: startNginx, withoutPostern: 500 });
