import { testPublishedProxy } from '../support/behind-proxy.ts';
import { startNginx } from '../support/nginx.ts';

testPublishedProxy({
  name: 'nginx',
  language: 'nginx',
  start: (servers) => startNginx(servers),
  withoutPostern: 500,
});
