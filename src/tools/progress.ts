export interface Output {
  isTTY?: boolean;
  write(text: string): unknown;
}

/** A progress line, on a terminal only. */
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
