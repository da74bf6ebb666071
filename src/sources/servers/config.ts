import { z } from 'zod';
import { integer } from '../../configFields.ts';

/*
 * Fields that several server sources share.
 */

export const timeoutFields = {
  statementTimeoutMs: integer(100, 86_400_000).default(3_600_000).meta({
    title: 'Statement timeout',
    description:
      'Maximum time that the server may work on the query. It is set at the server if the server has such a limit.',
    unit: 'ms',
  }),
  idleTimeoutMs: integer(100, 3_600_000).default(60_000).meta({
    title: 'Idle timeout',
    description: 'Maximum time between two rows. The read fails after it.',
    unit: 'ms',
  }),
} as const;

export const tlsFields = {
  tls: z.enum(['verify', 'unverified', 'off']).optional().meta({
    title: 'TLS',
    description:
      'verify: encrypted, and the certificate must be valid. unverified: encrypted only. off: not encrypted. Default: verify; off for loopback and sockets.',
  }),
  ca: z.string().min(1).optional().meta({
    title: 'CA file',
    description: 'Path of a PEM file with the certificate authorities that are trusted instead of the well-known ones.',
  }),
} as const;
