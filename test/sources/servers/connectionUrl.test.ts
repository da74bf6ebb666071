import { describe, expect, test } from 'vitest';
import {
  connectionUrlProblem,
  httpUrlProblem,
  parseConnectionUrl,
  type UrlKind,
} from '../../../src/sources/servers/connectionUrl.ts';

describe('a URL of a server', () => {
  test.each<[UrlKind, string, object]>([
    [
      'postgres',
      'postgres://app:p%40ss%2F%23@db.example:6432/sales',
      { host: 'db.example', port: 6432, user: 'app', password: 'p@ss/#', database: 'sales', tls: 'verify' },
    ],
    ['postgres', 'postgresql://db.example', { port: 5432, user: undefined, database: undefined, tls: 'verify' }],
    ['postgres', 'postgres://app@[::1]/sales', { host: '::1', address: '[::1]:5432', tls: 'off' }],
    ['postgres', 'postgres://127.0.0.1/sales?sslmode=verify-full', { tls: 'verify' }],
    ['postgres', 'postgres://db.example/sales?sslmode=require', { tls: 'unverified' }],
    ['postgres', 'postgres://db.example/sales?sslmode=disable', { tls: 'off' }],
    [
      'postgres',
      'postgres:///sales?host=/run/postgresql',
      { socketPath: '/run/postgresql', address: '/run/postgresql' },
    ],
    [
      'postgres',
      'postgres://app:secret@/sales?host=/run/postgresql',
      { socketPath: '/run/postgresql', user: 'app', password: 'secret', database: 'sales', tls: 'off' },
    ],
    ['mysql', 'mariadb://app@localhost/', { port: 3306, database: undefined, tls: 'off' }],
    ['mysql', 'mysql://app@db.example/sales?ssl-mode=REQUIRED', { tls: 'unverified' }],
    ['mysql', 'mysql://root@/sales?socketPath=/run/mysqld.sock', { socketPath: '/run/mysqld.sock', user: 'root' }],
  ])('of %s: %s', (kind, url, expected) => {
    expect(connectionUrlProblem(url, kind)).toBeUndefined();
    expect(parseConnectionUrl(url, kind, undefined)).toMatchObject(expected);
  });

  test('goes by the setting of TLS where there is one', () => {
    expect(parseConnectionUrl('postgres://db.example?sslmode=disable', 'postgres', 'verify').tls).toBe('verify');
  });

  test.each<[UrlKind, string, RegExp]>([
    ['postgres', 'mysql://MARKED@db.example', /must be a URL such as postgres:/],
    ['mysql', 'postgres://MARKED@db.example', /must be a URL such as mysql:/],
    ['postgres', 'MARKED', /must be a URL/],
    ['postgres', 'postgres://app:MARK/ED@db.example/x', /percent-encoded/],
    ['postgres', 'postgres://app:MARK%ED@db.example/x', /write it as %25/],
    ['postgres', 'postgres:///MARKED', /must name a host/],
    ['postgres', 'postgres://MARKED@/sales', /must name a host/],
    ['postgres', 'postgres://db.example/x?MARKED=1', /the known ones are sslmode and host/],
    ['postgres', 'postgres://db.example/x?sslmode=MARKED', /unknown sslmode/],
  ])('of %s is refused without being quoted: %s', (kind, url, message) => {
    const problem = connectionUrlProblem(url, kind);
    expect(problem).toMatch(message);
    expect(problem).not.toContain('MARK');
  });
});

test.each([
  ['https://user:MARKED@ch.example:8443/db', undefined],
  ['http://127.0.0.1:8123', undefined],
  ['http://ch.example', /allowed for loopback addresses only/],
  ['ftp://MARKED', /must be a URL that starts with https/],
  ['https://ch.example/?MARKED=1', /must not contain parameters/],
])('the URL of an HTTP server: %s', (url, message) => {
  const problem = httpUrlProblem(url);
  if (message === undefined) expect(problem).toBeUndefined();
  else expect(problem).toMatch(message);
  expect(problem ?? '').not.toContain('MARKED');
});
