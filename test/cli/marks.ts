import { createHash, randomBytes, randomInt } from 'node:crypto';

/** Invented personal data and secrets. Each is so unusual that a search finds it in any output. */
export interface Marks {
  email: string;
  /** A Japanese number in its usual form: "090-1234-5678". */
  phone: string;
  ifa: string;
  accessKey: string;
  secretKey: string;
}

export function makeMarks(): Marks {
  const digits = String(randomInt(10_000_000, 100_000_000));
  const hex = randomBytes(16).toString('hex');
  return {
    email: `mark-${randomBytes(6).toString('hex')}@${randomBytes(6).toString('hex')}.example`,
    phone: `090-${digits.slice(0, 4)}-${digits.slice(4)}`,
    ifa: `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`,
    accessKey: `KEY${randomBytes(9).toString('hex')}`,
    secretKey: `secret/${randomBytes(18).toString('hex')}`,
  };
}

/** A text to search for, and a name that a failing test may show. */
interface Needle {
  name: string;
  text: string;
}

/** Returns every text that reveals a mark, in lower case: the whole, its distinctive parts, and the hash of every form. */
export function needlesOf({ email, phone, ifa, accessKey, secretKey }: Marks): Needle[] {
  const [local = '', domain = ''] = email.split('@');
  const digits = phone.replaceAll('-', '').slice(1);
  const hashed = [email, email.toUpperCase(), `+81${digits}`, `81${digits}`, `0${digits}`, ifa, ifa.toUpperCase()];
  const plain = {
    'local part of the e-mail': local,
    'domain of the e-mail': domain.replace('.example', ''),
    'digits of the phone': digits.slice(2),
    phone: phone.slice(4),
    ifa,
    'ifa without dashes': ifa.replaceAll('-', ''),
    accessKey,
    secretKey,
    'secretKey in base64': Buffer.from(secretKey).toString('base64url').slice(0, 30).toLowerCase(),
  };
  return [
    ...Object.entries(plain).map(([name, text]) => ({ name, text: text.toLowerCase() })),
    ...hashed.map((text, index) => ({ name: `hash ${index}`, text: createHash('sha256').update(text).digest('hex') })),
  ];
}

/** Returns the names of the marks that a text or the bytes of a file reveal. Digests are also searched for as bytes. */
export function findMarks(marks: Marks, haystack: string | Buffer): string[] {
  const bytes = Buffer.from(haystack);
  const text = bytes.toString('latin1').toLowerCase();
  return needlesOf(marks)
    .filter(({ name, text: needle }) => {
      return text.includes(needle) || (name.startsWith('hash') && bytes.includes(Buffer.from(needle, 'hex')));
    })
    .map(({ name }) => name);
}
