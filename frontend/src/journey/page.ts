/** What the server put into the page, and how one asks it for more. */
import type { Choice, Json, PageData } from "./types";

const element = document.getElementById("journey-data");
export const page = JSON.parse(element?.textContent ?? "null") as PageData;

/** A sentence in the reader's language; `{name}` in it is replaced. */
export function w(key: string, values: Record<string, string | number> = {}): string {
  const sentence = page.words[key] ?? key;
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** A number of things: `many` has the number in it, `one` is for a single one. */
export function counted(key: string, count: number): string {
  return w(count === 1 ? `${key}One` : key, { count: grouped(count) });
}

// English as the server writes it: the day before the month, and 24 hours.
const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
const numbers = new Intl.NumberFormat(language);
export function grouped(value: number): string {
  return numbers.format(value);
}

export function moment(at: string): string {
  const format = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? at : format.format(date);
}

export function choicesOf(from: string | undefined): Choice[] {
  return (from && page.choices[from]) || [];
}

/** `detail` in the reader's language; `body` is what the server said beside it. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly body: Record<string, Json>,
  ) {
    super(detail);
  }
}

export async function ask<T>(method: string, url: string, body?: unknown, options: RequestInit = {}): Promise<T> {
  const csrf = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}") as Record<string, string>;
  let answer: Response;
  try {
    answer = await fetch(url, {
      method,
      credentials: "same-origin",
      headers: { Accept: "application/json", ...csrf, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...options,
    });
  } catch {
    throw new Refused(0, "unreachable", w("unreachable"), {});
  }
  const told = (await answer.json().catch(() => ({}))) as Record<string, Json>;
  if (answer.ok) return told as T;
  const errors = Array.isArray(told["errors"]) ? (told["errors"] as { detail?: string }[]) : [];
  const detail = [...new Set(errors.map((one) => one.detail).filter(Boolean))].join(" ") || String(told["detail"] || "");
  throw new Refused(answer.status, String(told["code"] ?? ""), detail || w("refused"), told);
}

/** Why a run ended or a step was not done, in words; a writer's own stays as it is. */
export function reason(code: string): string {
  return page.words[`reason_${code}`] ?? code;
}
