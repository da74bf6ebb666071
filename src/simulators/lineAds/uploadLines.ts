/** The lines of a file, counted for every id type, since the form may name its type after the file. */
export interface FileLines {
  bytes: number;
  lineCount: number;
  /** Lines of 64 lower-case hex characters. */
  hashCount: number;
  /** Lines of 8-4-4-4-12 hex characters in any case. */
  ifaCount: number;
  /** The well-formed lines, each once. */
  lines: Set<string>;
}

const hash = /^[0-9a-f]{64}$/;
const ifa = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const maxLineLength = 64;

function countLine(counts: FileLines, line: string) {
  counts.lineCount += 1;
  if (hash.test(line)) counts.hashCount += 1;
  else if (ifa.test(line)) counts.ifaCount += 1;
  else return;
  counts.lines.add(line);
}

/** Reads a file chunk by chunk, with one identifier per line. An LF after the last line adds no line. */
export function createLineReader() {
  const counts: FileLines = { bytes: 0, lineCount: 0, hashCount: 0, ifaCount: 0, lines: new Set() };
  let unfinished = '';
  return {
    write(chunk: Buffer) {
      counts.bytes += chunk.length;
      // Latin-1 keeps each byte one character, so a line that is not ASCII stays malformed.
      const lines = (unfinished + chunk.toString('latin1')).split('\n');
      // A line longer than any identifier is cut, which saves memory. It stays malformed.
      unfinished = (lines.pop() ?? '').slice(0, maxLineLength + 1);
      for (const line of lines) countLine(counts, line);
    },
    end(): FileLines {
      if (unfinished !== '') countLine(counts, unfinished);
      unfinished = '';
      return counts;
    },
  };
}
