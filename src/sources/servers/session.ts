import { SyncError } from '../../errors.ts';
import { type Asked, networkFault, ServerFailure, type ServerFault, serverError } from './errors.ts';

/** A connection to a server as the sources use it: every failure in our words, every wait ended by the signal. */
export interface Session {
  /** What work resolves with. */
  during<T>(work: () => Promise<T>): Promise<T>;
  /** What comes in parts, until the signal aborts. */
  parts<T>(signal: AbortSignal, stream: AsyncIterable<T>): AsyncGenerator<T>;
  /** Breaks the connection off, with what who waits for it is told. */
  breakOff(error: unknown): void;
  /** The connection stands: what breaks from now on has been interrupted. */
  connected(): void;
  /** For a server that has gone silent. */
  giveUp(waitedMs: number): void;
}

export interface SessionOptions {
  asked: Asked;
  /** Aborts what is asked of the server before rows are read. */
  signal: AbortSignal;
  /** What a driver's own errors mean, where they come through as they are; undefined for those that are not its own. */
  faultOf?: (error: unknown) => ServerFault | undefined;
  /** Ends the connection at once. */
  destroy(): void;
}

export function createSession({ asked, signal: opening, faultOf, destroy }: SessionOptions): Session {
  let isConnected = false;
  let broken: { reason: unknown } | undefined;

  function ourError(error: unknown): unknown {
    if (broken !== undefined) return broken.reason;
    if (error instanceof SyncError) return error;
    if (error instanceof ServerFailure) return serverError(error.fault, asked);
    const fault = faultOf?.(error) ?? networkFault(error, isConnected) ?? unknownFault(isConnected);
    return serverError(fault, asked);
  }

  const session: Session = {
    async during(work) {
      opening.throwIfAborted();
      const stop = () => session.breakOff(opening.reason);
      opening.addEventListener('abort', stop, { once: true });
      try {
        return await work();
      } catch (error) {
        throw ourError(error);
      } finally {
        opening.removeEventListener('abort', stop);
      }
    },
    async *parts(signal, stream) {
      const stop = () => session.breakOff(signal.reason);
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      try {
        for await (const part of stream) {
          if (broken !== undefined) throw broken.reason;
          yield part;
        }
        if (broken !== undefined) throw broken.reason;
      } catch (error) {
        throw ourError(error);
      } finally {
        signal.removeEventListener('abort', stop);
      }
    },
    breakOff(reason) {
      broken ??= { reason };
      destroy();
    },
    connected() {
      isConnected = true;
    },
    giveUp(waitedMs) {
      session.breakOff(serverError({ kind: 'interrupted', code: `silent for ${waitedMs / 1000} s` }, asked));
    },
  };
  return session;
}

/** Drivers tell some things by text alone, which is not passed on. */
function unknownFault(isConnected: boolean): ServerFault {
  return isConnected
    ? { kind: 'interrupted', code: 'the connection broke' }
    : { kind: 'unreachable', code: 'no connection' };
}
