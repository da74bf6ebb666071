import type { Clock } from '../../clock.ts';
import type { RequestLog } from '../../http/requestLog.ts';
import { httpDateMs } from '../../http/retry.ts';
import type { HttpAnswer, NetworkFailure } from '../../http/transport.ts';
import { isFromLine } from './foreignAnswers.ts';
import { maxSkewMs } from './signing.ts';

/** LINE's clock, as known from its answers. Requests are signed for its time. */
export interface LineClock {
  /** The skew that requests are signed with: LINE's clock minus ours. */
  skewMs(): number;
  /** LINE's clock minus ours, at the first answer that was more than a minute off. */
  foundSkewMs(): number | undefined;
  /** Follows LINE's clock when it is more than a minute from the signed time. Logs the first such skew. */
  follow(skewMs: number | undefined): void;
}

export function createLineClock(log: RequestLog): LineClock {
  let signingSkewMs = 0;
  let foundSkewMs: number | undefined;
  return {
    skewMs: () => signingSkewMs,
    foundSkewMs: () => foundSkewMs,
    follow(skewMs) {
      if (!isOff(skewMs, signingSkewMs)) return;
      signingSkewMs = skewMs;
      if (foundSkewMs !== undefined) return;
      foundSkewMs = skewMs;
      log.warn({ skewMs }, describeSkew(skewMs));
    },
  };
}

/** Tells whether a request that was signed with `signedSkewMs` was signed for a wrong time. */
export function isOff(skewMs: number | undefined, signedSkewMs: number): skewMs is number {
  return skewMs !== undefined && Math.abs(skewMs - signedSkewMs) > maxSkewMs;
}

/** Returns LINE's clock minus ours by the `Date` of an answer. The clock of a proxy says nothing about LINE's. */
export function skewOf(result: HttpAnswer | NetworkFailure, clock: Clock): number | undefined {
  const dateMs = result.kind === 'answer' && isFromLine(result) ? httpDateMs(result.date) : undefined;
  return dateMs === undefined ? undefined : dateMs - clock.now();
}

/** Describes a skew in the words of a warning. */
export function describeSkew(skewMs: number): string {
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  return `This machine's clock is ${seconds} s ${skewMs > 0 ? 'behind' : 'ahead of'} LINE's; requests are signed with LINE's time. Set the clock.`;
}
