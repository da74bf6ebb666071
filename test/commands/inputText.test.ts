import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readInputText } from '../../src/commands/inputText.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'input-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const never = new AbortController().signal;

function read(path: string, signal = never): Promise<string> {
  return readInputText({ name: 'the configuration', option: '--config', path }, signal);
}

function makePipe(): string {
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  return path;
}

const inputText = resolve(import.meta.dirname, '../../src/commands/inputText.ts');

/** What a process prints that reads the text at its argument. A shell runs `command`, in which $read is the process. */
async function readInShell(command: string): Promise<string> {
  const script = `import { readInputText } from ${JSON.stringify(inputText)};
    const input = { name: 'the configuration', option: '--config', path: process.argv[1] };
    await readInputText(input, new AbortController().signal).then((text) => console.log('text ' + text), ({ message }) => console.log(message));`;
  const read = `"$NODE" --input-type=module -e "$SCRIPT" --`;
  const env = { ...process.env, NODE: process.execPath, SCRIPT: script };
  const { stdout } = await promisify(execFile)('bash', ['-c', command.replace('$read', read)], { env, cwd: folder });
  return stdout.trim();
}

describe('a named pipe', () => {
  test('is read from its first writer to that one’s end, however late and slowly it writes', async () => {
    const path = makePipe();
    const text = read(path);
    const writing = promisify(execFile)('sh', [
      '-c',
      `sleep 0.1; (printf '{"a":'; sleep 0.1; printf '1}') > "$0"`,
      path,
    ]);
    expect(await text).toBe('{"a":1}');
    await writing;
  });

  test('whose writer ends without a word is empty', async () => {
    const path = makePipe();
    const text = read(path);
    await promisify(execFile)('sh', ['-c', 'sleep 0.1 > "$0"', path]);
    expect(await text).toBe('');
  });

  test('that nobody writes to is waited for until the signal', async () => {
    const stop = new AbortController();
    const text = read(makePipe(), stop.signal);
    stop.abort(new Error('stopped'));
    await expect(text).rejects.toThrow('stopped');
  });

  test('that gives more than a mebibyte is refused', async () => {
    const path = makePipe();
    const text = read(path);
    const writing = promisify(execFile)('sh', ['-c', 'head -c 2000000 /dev/zero > "$0" || true', path]);
    await expect(text).rejects.toMatchObject({
      code: 'config.invalid',
      message: `Cannot use the configuration ${path}: it is larger than 1 MiB.`,
    });
    await writing;
  });
});

describe('the descriptor of a shell', () => {
  test.each([
    ['$read <(echo piped)', 'text piped'],
    ['$read <(false)', 'text'],
    ['echo piped | $read -', 'text piped'],
    ['echo piped | $read /dev/stdin', 'text piped'],
    ['$read - < file', 'text from a file'],
    ['$read /dev/fd/5 5< file', 'text from a file'],
    ['$read - < /dev/null', 'text'],
    ['$read - < /dev/zero', 'Cannot use the configuration from stdin: it is larger than 1 MiB.'],
    ['$read /dev/fd/99', 'Cannot use the configuration /dev/fd/99: it cannot be read (EBADF).'],
    ['$read /dev/zero', 'Cannot use the configuration /dev/zero: it is not a regular file.'],
  ])('is read to its end: %s', async (command, wanted) => {
    writeFileSync(join(folder, 'file'), 'from a file');
    expect(await readInShell(command)).toBe(wanted);
  });
});
