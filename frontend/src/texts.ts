/** Sentences in the reader's language; the page brings them (ui/texts.py). */
const element = document.getElementById("rr-texts");
const known: Record<string, string> = element ? JSON.parse(element.textContent ?? "{}") : {};

export function text(key: string, values: Record<string, string | number> = {}): string {
  const sentence = known[key] ?? key;
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
