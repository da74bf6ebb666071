/*
 * Where in memory what lies. AssemblyScript, see kernel.ts.
 *
 * The first page holds the constants and the lanes. Whole vectors are read at any byte, so some room follows the text.
 * A line of an email has at least 6 bytes and gives 32, one of a phone at least 8 and gives at most 96, one of an IFA
 * has 37 and gives 36; a line that is undecided has at least 2 bytes and gives 12.
 */

/** The most bytes of text that are looked at in one call. */
export const textBytes: usize = 48 * 1024;
const room: usize = 256;
/** A call may put its text, and its records, up to seven bytes further on. */
export const text: usize = 0x10000;
export const records: usize = text + textBytes + room;
export const undecided: usize = records + textBytes * 12 + room;
export const phoneStarts: usize = undecided + textBytes * 6;
