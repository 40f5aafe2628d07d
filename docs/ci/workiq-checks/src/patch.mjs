// The lines that a patch adds and removes, and their numbers.

/**
 * @param {string} [patch] a file's part of a unified diff
 * @returns {{text: string, line: number}[]} the number is that in the new file; of a line that is gone, where it was
 */
export function changedLines(patch = '') {
  const found = [];
  let line = 0;
  for (const text of patch.split('\n')) {
    const hunk = /^@@ -\d+(?:,\d+)? \+(\d+)/.exec(text);
    if (hunk) line = Number(hunk[1]);
    else if (text.startsWith('+')) found.push({ text: text.slice(1), line: line++ });
    else if (text.startsWith('-')) found.push({ text: text.slice(1), line });
    else if (!text.startsWith('\\')) line++;
  }
  return found;
}
