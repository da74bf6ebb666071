import { expect, test } from 'vitest';
import { rejectCodes, rejectReasons } from '../../src/identifiers/rejects.ts';

test('every code of the closed list has one sentence, and no other code has', () => {
  expect(Object.keys(rejectReasons).sort()).toEqual([...rejectCodes].sort());
  for (const code of rejectCodes) expect(rejectReasons[code]).toMatch(/^[A-Z].{10,}\.$/);
});

test('the closed list holds each code of the LINE Ads API reference once', () => {
  expect([...rejectCodes].sort()).toEqual([
    'email.bad_domain',
    'email.bad_local',
    'email.empty_domain',
    'email.empty_local',
    'email.inner_space',
    'email.no_at',
    'email.not_ascii',
    'email.several_at',
    'email.too_long',
    'hash.not_hex',
    'hash.of_empty_string',
    'hash.wrong_length',
    'ifa.all_zero',
    'ifa.not_a_uuid',
    'phone.bad_country',
    'phone.no_country',
    'phone.not_a_number',
    'phone.not_possible',
    'phone.too_long',
    'phone.too_short',
    'phone.unknown_country',
    'value.line_break',
    'value.needs_connector',
  ]);
});
