import { describe, expect, test } from 'vitest';
import { codeBlocks, codeSpans, headings, readDocument, section } from './documents.ts';

describe('translations', () => {
  /** Commands, without their comments: those are translated. */
  const commandsIn = (document: string) => codeBlocks(document, 'sh').map((block) => block.replaceAll(/ +# .*$/gm, ''));
  const readme = readDocument('README.md');
  const japanese = readDocument('docs/ja/README.md');

  test('the Japanese README has the headings of the English one', () => {
    const levels = (document: string) => headings(document).map(({ level }) => level);
    expect(levels(japanese)).toEqual(levels(readme));
  });

  test('the Japanese README has the commands, configurations and outputs of the English one', () => {
    expect(commandsIn(japanese)).toEqual(commandsIn(readme));
    expect(codeBlocks(japanese, 'json')).toEqual(codeBlocks(readme, 'json'));
    expect(codeBlocks(japanese, 'text').slice(1)).toEqual(codeBlocks(readme, 'text').slice(1));
  });

  test('the Japanese README names the same commands, fields, codes and flags', () => {
    const named = (document: string) => [...new Set(codeSpans(document))].sort();
    expect(named(japanese)).toEqual(named(readme));
  });

  test.each(['zh-TW', 'th', 'id'])(
    'the first sync in %s has the commands and the configuration of the README',
    (name) => {
      const page = readDocument(`docs/${name}/first-sync.md`);
      const english = section(readme, 'First sync');
      expect(commandsIn(page)).toEqual(commandsIn(english));
      expect(codeBlocks(page, 'json')).toEqual(codeBlocks(english, 'json'));
      expect(codeBlocks(page, 'text')).toEqual(codeBlocks(english, 'text'));
    },
  );
});
