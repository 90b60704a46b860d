import { defineConfig } from "vitest/config";

export default defineConfig({
  // One process after another: a machine that checks has other work beside it.
  test: { include: ["tests/**/*.test.ts"], setupFiles: ["tests/journey/page.ts"], environment: "node", fileParallelism: false, isolate: false, reporters: ["dot"] },
});
