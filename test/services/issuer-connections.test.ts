import { expect, test } from 'vitest';
import { createAddressCheck } from '../../src/services/federation/issuer-connections.ts';

const PUBLIC = 'https://issuer.example';

test('an issuer on a public address leads to public addresses only', () => {
  const check = createAddressCheck(PUBLIC);
  check('issuer.example', '203.0.114.5');
  check('keys.example', '2a00:1450::1');
  for (const address of [
    ...['10.1.2.3', '172.16.0.1', '192.168.1.1', '100.64.0.1', 'fd00::1', '::ffff:10.0.0.1'],
    ...['127.0.0.1', '::1', '169.254.169.254', 'fe80::1', '0.0.0.0', '::', '224.0.0.1', 'ff02::1', 'x'],
  ]) {
    expect(() => check('keys.example', address), address).toThrow();
  }
});

test('an issuer in an internal network leads into it, but never to this machine or a metadata service', () => {
  const check = createAddressCheck('https://kubernetes.default.svc');
  expect(() => check('10.0.0.1', '10.0.0.1')).toThrow();
  check('kubernetes.default.svc', '10.96.0.1');
  check('10.0.0.1', '10.0.0.1');
  for (const address of ['127.0.0.1', '169.254.169.254', 'fe80::1']) {
    expect(() => check('10.0.0.1', address), address).toThrow();
  }
});

test('an issuer on this machine leads to this machine', () => {
  createAddressCheck('http://127.0.0.1:8080')('127.0.0.1', '127.0.0.1');
  createAddressCheck('http://localhost:8080')('localhost', '::1');
  expect(() => createAddressCheck('http://localhost:8080')('10.0.0.1', '10.0.0.1')).toThrow();
});
