import { z } from 'zod';
import { integer } from '../../configFields.ts';

/*
 * Fields that several server sources share.
 */

export const timeoutFields = {
  statementTimeoutMs: integer(100, 86_400_000).default(3_600_000).meta({
    title: 'Statement timeout',
    description: 'Longest time that the server may work on the query; it is told so, where it can be.',
    unit: 'ms',
  }),
  idleTimeoutMs: integer(100, 3_600_000).default(60_000).meta({
    title: 'Idle timeout',
    description: 'Longest silence between two rows, once rows have begun to come; then the read has failed.',
    unit: 'ms',
  }),
} as const;

export const tlsFields = {
  tls: z.enum(['verify', 'unverified', 'off']).optional().meta({
    title: 'TLS',
    description:
      'verify: encrypted, and the certificate must be valid; unverified: encrypted only; off: plain. Default: verify, but off to loopback and sockets.',
  }),
  ca: z.string().min(1).optional().meta({
    title: 'CA file',
    description:
      'Path of a PEM file of the authorities that may sign the certificate, in place of the well-known ones.',
  }),
} as const;
