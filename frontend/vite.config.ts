import { createReadStream, createWriteStream, existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip, constants } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const outDir = "../src/ringround/ui/static/dist";
const keptForMs = 24 * 60 * 60 * 1000;

/** A server that runs while its front end is built goes on with the files it knows: their names hold a hash of what is
 *  in them, so those of the last day stay beside the new ones, and older ones go. */
function tidy(): Plugin {
  return {
    name: "tidy",
    apply: "build",
    writeBundle(_, bundle) {
      const assets = join(import.meta.dirname, outDir, "assets");
      const now = new Set(Object.keys(bundle).map((name) => basename(name)));
      for (const name of existsSync(assets) ? readdirSync(assets) : []) {
        const path = join(assets, name);
        if (now.has(name.replace(/\.gz$/, "")) || Date.now() - statSync(path).mtimeMs < keptForMs) continue;
        rmSync(path);
      }
    },
  };
}

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
        const made = statSync(path).mtimeMs;
        if (existsSync(`${path}.gz`) && statSync(`${path}.gz`).mtimeMs >= made) continue;
        await pipeline(
          createReadStream(path),
          createGzip({ level: constants.Z_BEST_COMPRESSION }),
          createWriteStream(`${path}.gz`),
        );
      }
    },
  };
}

/** Tabler's stripes look at inline styles and its folded side bars, which we have none of, at what is in each element. The
 *  first has the browser reckon anew with all that is below an element whenever its `style` changes (in the journey
 *  editor: with each move of the mouse), the second whenever anything is put in anywhere. */
const cheap = {
  postcssPlugin: "cheap",
  Rule(rule: { selector: string; selectors: string[]; remove(): void }) {
    if (/folded-hover/.test(rule.selector)) {
      const left = rule.selectors.filter((one) => !one.includes("folded-hover"));
      if (!left.length) return rule.remove();
      rule.selectors = left;
    }
    if (!rule.selector.includes("[style")) return;
    rule.selector = rule.selector.replace(/,\s*\[style\*=["']?background["']?\]/g, "");
    if (rule.selector.includes("[style")) throw new Error(`a rule that looks at inline styles: ${rule.selector}`);
  },
};

export default defineConfig({
  base: "./",
  css: { postcss: { plugins: [cheap] } },
  build: {
    outDir,
    emptyOutDir: false,
    manifest: "manifest.json",
    modulePreload: false,
    // Everything is a file: inlined data: fonts and scripts would need a weaker Content-Security-Policy.
    assetsInlineLimit: 0,
    target: "es2022",
    rolldownOptions: {
      input: {
        app: "src/app.ts",
        console: "src/console.ts",
        board: "src/board.ts",
        submit: "src/submit.ts",
        journey: "src/journey.ts",
        again: "src/again.ts",
        // A stylesheet alone: but for looking again, the donor's pages have no script.
        donor: "src/css/donor.css",
      },
      // htmx has an eval; `allowEval: false` and the Content-Security-Policy keep it shut.
      checks: { eval: false, pluginTimings: false },
      // React Flow says "use client" to frameworks; there is none here.
      onLog: (level, log, handle) => (log.code === "MODULE_LEVEL_DIRECTIVE" ? undefined : handle(level, log)),
    },
  },
  plugins: [tidy(), compress()],
});
