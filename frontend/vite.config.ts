import { createReadStream, createWriteStream, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip, constants } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const outDir = "../src/ringround/ui/static/dist";

/** A .gz beside each text file: the server sends it as it is, and never compresses while someone waits. */
function compress(): Plugin {
  return {
    name: "compress",
    apply: "build",
    async closeBundle() {
      const walk = (folder: string): string[] =>
        readdirSync(folder).flatMap((name) => {
          const path = join(folder, name);
          return statSync(path).isDirectory() ? walk(path) : [path];
        });
      for (const path of walk(join(import.meta.dirname, outDir))) {
        if (!/\.(js|css|svg)$/.test(path)) continue;
        await pipeline(
          createReadStream(path),
          createGzip({ level: constants.Z_BEST_COMPRESSION }),
          createWriteStream(`${path}.gz`),
        );
      }
    },
  };
}

export default defineConfig({
  base: "./",
  build: {
    outDir,
    emptyOutDir: true,
    manifest: "manifest.json",
    modulePreload: false,
    // Everything is a file: inlined data: fonts and scripts would need a weaker Content-Security-Policy.
    assetsInlineLimit: 0,
    target: "es2022",
    rolldownOptions: {
      input: { app: "src/app.ts", console: "src/console.ts", board: "src/board.ts" },
      // htmx has an eval; `allowEval: false` and the Content-Security-Policy keep it shut.
      checks: { eval: false, pluginTimings: false },
    },
  },
  plugins: [compress()],
});
