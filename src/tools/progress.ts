export interface Output {
  isTTY?: boolean;
  write(text: string): unknown;
}

/** One line that is written over on a terminal; nothing in a pipe. */
export function createProgress(out: Output) {
  let shownAt = 0;
  return {
    show(text: string): void {
      if (!out.isTTY || Date.now() - shownAt < 100) return;
      shownAt = Date.now();
      out.write(`\r\u001b[2K${text}`);
    },
    clear(): void {
      if (out.isTTY) out.write('\r\u001b[2K');
    },
  };
}
