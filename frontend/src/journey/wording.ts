/** Parameters and conditions as words: what stands on a node, in the differences and in what a screen reader says. */
import { holds, same, TRIGGER, type Difference } from "./model";
import { choicesOf, grouped, page, w } from "./page";
import type { Choice, Fact, Journey, Json, Option, Param, Params } from "./types";

/** The lists of the server that fill a parameter of this type. */
const LISTS: Record<string, string> = { campaign: "campaigns", user: "users", template: "templates", journey: "journeys", zone: "zones" };

/** What a parameter can be chosen from; nothing where it is typed. */
export function choicesFor(param: Param): { value: Json; label: string; group?: string }[] {
  if (param.options) return param.options;
  const list = LISTS[param.type];
  if (list) return choicesOf(list).filter((one) => !param.of || !one.of || one.of === param.of);
  if (param.type === "path" || param.type === "paths") return factsFor(param.of ?? "any").map((one) => ({ value: one.path, label: one.label, group: one.group }));
  return [];
}

export function factsFor(of: string): Fact[] {
  const facts = page.catalogue.facts;
  if (of === "moment") return facts.filter((one) => one.kind === "moment" || one.kind === "any");
  if (of === "settable") return facts.filter((one) => one.settable);
  if (of === "changing") return facts.filter((one) => one.changing);
  return facts;
}

export function factOf(path: Json | undefined): Fact | undefined {
  return page.catalogue.facts.find((one) => one.path === path);
}

/** What a fact may be, where that is a list. */
export function valuesOf(fact: Fact | undefined): (Option | Choice)[] {
  if (fact?.options) return fact.options;
  return fact && LISTS[fact.kind] ? choicesOf(LISTS[fact.kind]) : [];
}

export function labelOf(choices: readonly { value: Json; label: string }[], value: Json): string {
  return choices.find((one) => one.value === value)?.label ?? String(value ?? "");
}

export function paramWords(param: Param, value: Json | undefined, params: Params = {}): string {
  if (value === undefined || value === null || value === "") return "";
  if (param.type === "cases" || param.type === "weights") return "";
  if (param.type === "bool") return value === true ? param.label : "";
  if (param.type === "int_or_max" && value === "max") return w("maxAttempts");
  if (param.type === "event") return eventWords(value);
  if (param.type === "campaign_map") {
    const fact = factOf(params["field"] ?? param.default);
    return Object.entries(value as { [key: string]: Json })
      .map(([key, to]) => `${labelOf(valuesOf(fact), key)} → ${labelOf(choicesOf("campaigns"), to)}`)
      .join(", ");
  }
  const choices = choicesFor(param);
  if (choices.length) return Array.isArray(value) ? value.map((one) => labelOf(choices, one)).join(", ") : labelOf(choices, value);
  return plainWords(value);
}

function eventWords(value: Json): string {
  if (!value || typeof value !== "object" || Array.isArray(value)) return "";
  const kind = page.catalogue.triggers.find((one) => one.type === value["type"]);
  const words = kind ? summary(kind, (value["params"] as Params | undefined) ?? {}) : "";
  return [kind?.label ?? String(value["type"] ?? ""), words].filter(Boolean).join(": ");
}

export function plainWords(value: Json): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean") return w(value ? "yes" : "no");
  if (typeof value === "number") return grouped(value);
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map((one) => plainWords(one)).join(", ");
  if (isDuration(value)) return durationWords(value);
  if (isCondition(value)) return conditionWords(value);
  if (typeof value["type"] === "string" && page.catalogue.triggers.some((one) => one.type === value["type"])) return eventWords(value);
  if ("out" in value) return entryWords(value);
  return Object.entries(value)
    .map(([key, one]) => `${key}: ${plainWords(one)}`)
    .join(", ");
}

function entryWords(entry: { [key: string]: Json }): string {
  const what = entry["value"] ?? entry["condition"] ?? entry["weight"] ?? null;
  return [entry["label"] ?? entry["out"], plainWords(what)].map(String).join(": ");
}

export type Duration = { n: number; unit: string };

export function isDuration(value: Json): value is Duration {
  return !!value && typeof value === "object" && !Array.isArray(value) && "n" in value && "unit" in value;
}

export function durationWords(value: Duration): string {
  return w(value.n === 1 ? `${value.unit}One` : value.unit, { count: grouped(value.n) });
}

export function isCondition(value: Json): boolean {
  if (!value || typeof value !== "object" || Array.isArray(value)) return false;
  return "all" in value || "any" in value || "not" in value || ("op" in value && ("path" in value || "count" in value));
}

export function conditionWords(value: Json): string {
  if (!value || typeof value !== "object" || Array.isArray(value)) return "";
  if (Array.isArray(value["all"])) return joined(value["all"], "and");
  if (Array.isArray(value["any"])) return joined(value["any"], "or");
  if (value["not"]) return w("notThat", { what: conditionWords(value["not"]) });
  const operator = page.catalogue.operators.find((one) => one.op === value["op"]);
  const count = value["count"];
  if (count && typeof count === "object" && !Array.isArray(count)) {
    const event = page.catalogue.triggers.find((one) => one.type === count["event"])?.label ?? String(count["event"] ?? "");
    return w("countWords", { event, within: plainWords(count["within"] ?? null), op: operator?.label ?? "", value: plainWords(value["value"] ?? null) });
  }
  const fact = factOf(value["path"]);
  const choices = valuesOf(fact);
  const said = value["value"];
  const name = fact?.label ?? String(value["path"] ?? "");
  if (value["op"] === "exists") return said === false ? w("isEmpty", { what: name }) : `${name} ${operator?.label ?? ""}`;
  const list = Array.isArray(said) ? said : said === undefined || said === null ? [] : [said];
  const words = list.map((one) => (choices.length ? labelOf(choices, one) : plainWords(one))).join(", ");
  return `${name} ${operator?.label ?? String(value["op"] ?? "")} ${words || "…"}`;
}

function joined(list: Json[], word: string): string {
  return list
    .map((one) => {
      const inner = conditionWords(one);
      const nested = one && typeof one === "object" && !Array.isArray(one) && ("all" in one || "any" in one);
      return nested && list.length > 1 ? `(${inner})` : inner;
    })
    .filter(Boolean)
    .join(` ${w(word)} `);
}

/** A step as its writer calls it, else by its kind. */
export function nodeLabel(journey: Journey, id: string | null): string {
  if (!id || id === TRIGGER) return w("trigger");
  const place = journey.nodes.find((one) => one.id === id);
  return place?.title || page.catalogue.nodes.find((one) => one.type === place?.type)?.label || id;
}

/** The line below a node's name: what it is set to, where that is not what it is anyway. */
export function summary(kind: { params: Param[] } | undefined, params: Params): string {
  if (!kind) return "";
  return kind.params
    .filter((param) => shown(param, params, kind.params))
    .filter((param) => param.required || JSON.stringify(params[param.name] ?? param.default ?? null) !== JSON.stringify(param.default ?? null))
    .map((param) => {
      const words = paramWords(param, params[param.name] ?? param.default, params);
      // A bare number would not say of what.
      return words && param.type === "int" ? `${param.label}: ${words}` : words;
    })
    .filter(Boolean)
    .join(" · ");
}

/** Whether a parameter is asked, given what the others are set to. */
export function shown(param: Param, params: Params, all: readonly Param[]): boolean {
  return !param.shown_if || holds(param.shown_if, params, all);
}

/** What a new node begins with: what it cannot be without. What else has a default is it without being written. */
export function defaultsOf(params: readonly Param[]): Params {
  return Object.fromEntries(params.filter((one) => one.required && one.default !== null && one.default !== undefined).map((one) => [one.name, structuredClone(one.default!)]));
}

/** The parameter that a difference is about; nothing for a name, an arrow and such. */
export function paramOf(one: Difference, name: string): Param | undefined {
  if (one.what === "settings") return page.catalogue.settings.find((each) => each.name === name);
  const kinds: readonly { type: string; params: Param[] }[] = one.id === TRIGGER ? page.catalogue.triggers : page.catalogue.nodes;
  return kinds.find((each) => each.type === one.type)?.params.find((each) => each.name === name);
}

/** Without what is only written out in one and left out in the other: what is left out has its default. */
export function told(found: Difference[]): Difference[] {
  return found
    .map((one) => {
      const differs = ({ name, before, after }: Difference["fields"][number]) => {
        const otherwise = paramOf(one, name)?.default ?? null;
        return !same(before ?? otherwise, after ?? otherwise);
      };
      return { ...one, fields: one.fields.filter(differs) };
    })
    .filter((one) => one.sort !== "changed" || one.fields.length > 0);
}
