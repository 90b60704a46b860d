// Collects the icons that templates and Python name, from the icon package into dist/icons.json.
// An icon is found as a quoted word that is an icon's name, so a table {"new": "sparkles"} counts as well;
// a word that only happens to be one costs a few bytes.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const source = join(import.meta.dirname, "../src/ringround");
const icons = join(import.meta.dirname, "node_modules/@tabler/icons/icons");
const target = join(source, "ui/static/dist/icons.json");

function* files(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) {
      if (!["locale", "static", "migrations", "__pycache__"].includes(name)) yield* files(path);
    } else if (/\.(html|py|txt)$/.test(name)) yield path;
  }
}

const found = {};
for (const path of files(source)) {
  for (const [, name] of readFileSync(path, "utf8").matchAll(/["']([a-z0-9-]+(?:\/[a-z0-9-]+)?)["']/g)) {
    if (name in found) continue;
    const [folder, file] = name.includes("/") ? name.split("/") : ["outline", name];
    if (!["outline", "filled"].includes(folder)) continue;
    const svg = join(icons, folder, `${file}.svg`);
    if (!existsSync(svg)) continue;
    const text = readFileSync(svg, "utf8");
    const inside = text.slice(text.indexOf(">", text.indexOf("<svg")) + 1, text.lastIndexOf("</svg>"));
    found[name] = inside.split(/\s+/).join(" ").trim();
  }
}
mkdirSync(join(target, ".."), { recursive: true });
writeFileSync(target, JSON.stringify(Object.fromEntries(Object.entries(found).sort())));
console.log(`icons: ${Object.keys(found).length}`);
