import { createHash } from 'node:crypto';
import type { Row } from './sourceFiles.ts';

/** The hash of an invented address, as a source with hashed values gives it. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

const oddEmails: (string | null)[] = [
  null,
  '',
  '   ',
  '\u3000\u200b',
  'Person-1@Example.COM ',
  '\u3000ｐｅｒｓｏｎ－２＠ｅｘａｍｐｌｅ．ｃｏｍ',
  '\ufeffperson-3@example.com',
  'person-4+tag@example.com',
  'per.son-4@example.com',
  '"a,b"@example.com',
  '<person-1@example.com>',
  'mailto:person-1@example.com',
  'person-1@example.com;',
  'a..b@example.com',
  "o'hara@example.com",
  'no-at.example.com',
  'two@at@example.com',
  '@example.com',
  'nobody@',
  'inner space@example.com',
  'line\nbreak@example.com',
  'nodot@example',
  'dots@example..com',
  'dot@example.com.',
  '山田@example.com',
  'ﬁrst@example.com',
  `${'x'.repeat(108)}@example.com`,
  `${'x'.repeat(109)}@example.com`,
  hashOf('ready@example.com'),
  hashOf('ready@example.com').toUpperCase(),
  hashOf('person-1@example.com'),
  hashOf(''),
  hashOf('md5').slice(0, 32),
  'N/A',
];

const oddPhones: (string | null)[] = [
  null,
  '',
  '\t',
  '090-1000-0001',
  '09010000001',
  '+81 90-1000-0001',
  '+81 (0)90-1000-0001',
  '0081 90 1000 0001',
  '０９０－１０００－０００１',
  '（０９０）１０００－０００２',
  '03-1234-5678',
  '+66 81 234 5678',
  '+886 912 345 678',
  '+62 812-3456-7890',
  '+62 812-3456-7890 ',
  '+819010000003\u200b',
  '819010000004',
  '819010000005.0',
  '-819010000006',
  '090-12',
  '090-1000-0001 ext 5',
  'tel 0312345678',
  '+999 1234 5678',
  '12',
  hashOf('+819010000001'),
  hashOf('+819019999999').toUpperCase(),
  hashOf('x').slice(0, 40),
];

const oddIfas: (string | null)[] = [
  null,
  '',
  '00000000-0000-0000-0000-000000000000',
  '6D92078A-8246-4BA4-AE5B-76104861E7DC',
  ' 6D92078A-8246-4BA4-AE5B-76104861E7DC ',
  '6d92078a-8246-4ba4-ae5b-76104861e7dc',
  '6D92078A82464BA4AE5B76104861E7DC',
  '{6D92078A-8246-4BA4-AE5B-76104861E7DC}',
  '6D92078A-8246-4BA4-AE5B-76104861E7DG',
  'unknown',
];

const countries = ['JP', null, 'th', 'TWN', 'ｉｄｎ', '', ' JPN ', 'ID', 'UK', 'Japan', 'TW'];

function uuidOf(number: number): string {
  const hex = hashOf(`device-${number}`).slice(0, 32);
  return [0, 8, 12, 16, 20].map((at, index, starts) => hex.slice(at, starts[index + 1] ?? 32)).join('-');
}

/** Returns customers with the irregularities of real tables: `people` plain ones from number `from` on, and all odd values. */
export function customers({ people, from = 0 }: { people: number; from?: number }): Row[] {
  return Array.from({ length: people }, (_, index) => {
    const number = from + index;
    const odd = <T>(values: readonly T[], plain: T) => (number % 2 === 1 ? (values[(number - 1) / 2] ?? plain) : plain);
    return {
      Customer_ID: String(number),
      Email: odd<string | null>(oddEmails, `person-${number}@example.com`),
      phone: odd<string | null>(oddPhones, `080-2000-${String(number).padStart(4, '0')}`),
      idfa: odd<string | null>(oddIfas, uuidOf(number).toUpperCase()),
      gaid: number % 3 === 0 ? uuidOf(number) : null,
      country: countries[number % countries.length]!,
    };
  });
}
