import { SyncError } from '../../errors.ts';
import { type Asked, networkFault, ServerFailure, type ServerFault, serverError } from './errors.ts';

/** A connection to a server. It reports failures in our words, and a signal ends every wait. */
export interface Session {
  /** Runs the work that opens the source. */
  during<T>(work: () => Promise<T>): Promise<T>;
  /** Yields the parts of a stream until the signal aborts. */
  parts<T>(signal: AbortSignal, stream: AsyncIterable<T>): AsyncGenerator<T>;
  /** Destroys the connection. Waits on it then fail with `error`. */
  breakOff(error: unknown): void;
  /** Notes that the connection stands. A later break is an interruption. */
  connected(): void;
  /** Breaks off the connection to a silent server. */
  giveUp(waitedMs: number): void;
}

export interface SessionOptions {
  asked: Asked;
  /** Aborts the opening of the source. */
  signal: AbortSignal;
  /** Returns the meaning of a driver's own error, undefined for other errors. */
  faultOf?: (error: unknown) => ServerFault | undefined;
  /** Destroys the connection at once. */
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
      const stopped = Promise.withResolvers<never>();
      const stop = () => {
        session.breakOff(opening.reason);
        // MySQL's driver does not answer a question whose connection was destroyed.
        stopped.reject(opening.reason);
      };
      opening.addEventListener('abort', stop, { once: true });
      try {
        return await Promise.race([work(), stopped.promise]);
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

/** The fault of an error without a known code. Its text is not passed on. */
function unknownFault(isConnected: boolean): ServerFault {
  return isConnected
    ? { kind: 'interrupted', code: 'the connection broke' }
    : { kind: 'unreachable', code: 'no connection' };
}
