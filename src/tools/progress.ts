export interface Output {
  isTTY?: boolean;
  write(text: string): unknown;
}

/** A progress line, on a terminal only. */
export function createProgress(out: Output) {
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    show(text: string): void {
      if (!out.isTTY || performance.now() - shownAt < 100) return;
      shownAt = performance.now();
      out.write(`\r\u001b[2K${text}`);
    },
    clear(): void {
      if (out.isTTY) out.write('\r\u001b[2K');
    },
  };
}
