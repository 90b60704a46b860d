/** What can be done to a document, as pure functions: each takes one and gives the next; the old one stays for undo. */
import type { Catalogue, Journey, Json, Kind, Param, Params, Place, Point, ShownIf, Tone, Way } from "./types";

/** The trigger stands on the canvas as a node of its own; its one way out is the document's `start`. */
export const TRIGGER = "@trigger";
export const START = "start";

export type Places = ReadonlyMap<string, Place>;

export function placesOf(journey: Journey): Places {
  return new Map(journey.nodes.map((one) => [one.id, one]));
}

export function kindOf(catalogue: Catalogue, place: Place): Kind | undefined {
  return catalogue.nodes.find((one) => one.type === place.type);
}

const TONES: Record<string, Tone> = { yes: "success", met: "success", happened: "success", error: "danger", over: "warning", timeout: "warning", skipped: "warning" };

/** The arrows out of a node in their order, its parameters being as they are. */
export function waysOf(catalogue: Catalogue, place: Place): Way[] {
  const kind = kindOf(catalogue, place);
  const ways: Way[] = [];
  for (const out of kind?.outs ?? []) {
    if (out.each) {
      const entries = place.params[out.each];
      for (const entry of Array.isArray(entries) ? entries : []) {
        const one = entry as { [key: string]: Json } | null;
        if (!one || typeof one !== "object" || typeof one["out"] !== "string") continue;
        ways.push({ name: one["out"], label: entryLabel(one), tone: "accent", optional: false });
      }
    } else if (!out.shown_if || holds(out.shown_if, place.params, kind!.params)) {
      ways.push({ name: out.name, label: out.label, tone: TONES[out.name] ?? "neutral", optional: out.optional });
    }
  }
  // An arrow that its kind does not know is shown, so that it can be seen and taken away.
  const known = new Set(ways.map((way) => way.name));
  for (const name of Object.keys(place.next)) if (!known.has(name)) ways.push({ name, label: name, tone: "danger", optional: true });
  return ways;
}

/** What an entry of a list of cases or paths is called. */
function entryLabel(entry: { [key: string]: Json }): string {
  const value = entry["value"];
  if (entry["label"]) return String(entry["label"]);
  if (value !== undefined && value !== null && typeof value !== "object") return String(value);
  return String(entry["out"]);
}

/** Whether a parameter or an arrow matters, given what the others are set to, or are by default. */
export function holds(condition: ShownIf, params: Params, all: readonly Param[]): boolean {
  const given = params[condition.param] ?? all.find((one) => one.name === condition.param)?.default ?? null;
  return condition.values.some((one) => one === given);
}

/** An id that nobody has: short, so that logs and figures can be read. */
export function freshId(journey: Journey, type: string, taken: Iterable<string> = []): string {
  const used = new Set([...journey.nodes.map((one) => one.id), ...taken]);
  const stem = (type.split(".").pop() ?? "n").replace(/[^a-z0-9_]/g, "").slice(0, 24) || "n";
  let number = 1;
  while (used.has(`${stem}${number > 1 ? `_${number}` : ""}`)) number += 1;
  return `${stem}${number > 1 ? `_${number}` : ""}`;
}

export function withPlace(journey: Journey, id: string, change: (place: Place) => Place): Journey {
  return { ...journey, nodes: journey.nodes.map((one) => (one.id === id ? change(one) : one)) };
}

/** Sets parameters. An arrow that they made and make no more is taken away with what made it. */
export function withParams(journey: Journey, id: string, changes: Params): Journey {
  if (id === TRIGGER) return { ...journey, trigger: { ...journey.trigger, params: { ...journey.trigger.params, ...changes } } };
  return withPlace(journey, id, (one) => {
    const params = { ...one.params, ...changes };
    const gone = new Set(Object.entries(changes).flatMap(([name, value]) => outsIn(one.params[name]).filter((out) => !outsIn(value).includes(out))));
    const next = Object.fromEntries(Object.entries(one.next).filter(([way]) => !gone.has(way)));
    return { ...one, params, next };
  });
}

function outsIn(value: Json | undefined): string[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one) => (one && typeof one === "object" && !Array.isArray(one) && typeof one["out"] === "string" ? [one["out"]] : []));
}

/** Adds a node; with `after` it is put into that arrow, and what the arrow led to follows it. */
export function withNew(
  journey: Journey,
  place: Place,
  after: { node: string; way: string } | null,
  through: string | null,
): Journey {
  const led = after ? target(journey, after.node, after.way) : null;
  const behind = journey.nodes.some((one) => one.id === led) ? led : null;
  const made: Place = behind && through ? { ...place, next: { ...place.next, [through]: behind } } : place;
  const next = { ...journey, nodes: [...journey.nodes, made] };
  return after ? connected(next, after.node, after.way, place.id) : next;
}

export function target(journey: Journey, node: string, way: string): string | null {
  if (node === TRIGGER) return journey.start || null;
  return journey.nodes.find((one) => one.id === node)?.next[way] ?? null;
}

export function connected(journey: Journey, node: string, way: string, to: string | null): Journey {
  if (node === TRIGGER) return { ...journey, start: to };
  return withPlace(journey, node, (one) => {
    const next = { ...one.next };
    if (to) next[way] = to;
    else delete next[way];
    return { ...one, next };
  });
}

/** Takes nodes away. Where exactly one arrow leads on, what led to the node goes there; else the arrow ends. Nothing
 *  comes to lead to itself by it: a loop whose other steps are gone is none. */
export function without(journey: Journey, ids: ReadonlySet<string>): Journey {
  const gone = placesOf(journey);
  if (![...ids].some((id) => gone.has(id))) return journey;
  const follow = (id: string | null | undefined, seen: Set<string> = new Set()): string | null => {
    if (!id || !ids.has(id)) return id ?? null;
    if (seen.has(id)) return null;
    seen.add(id);
    const on = [...new Set(Object.values(gone.get(id)?.next ?? {}))];
    return on.length === 1 ? follow(on[0], seen) : null;
  };
  const nodes = journey.nodes
    .filter((one) => !ids.has(one.id))
    .map((one) => {
      if (!Object.values(one.next).some((to) => ids.has(to))) return one;
      const next: Record<string, string> = {};
      for (const [way, to] of Object.entries(one.next)) {
        const on = follow(to);
        if (on && (on !== one.id || to === on)) next[way] = on;
      }
      return { ...one, next };
    });
  return { ...journey, nodes, start: follow(journey.start) };
}

/** Those that are still there: what was chosen may be gone by undo or by another's work. */
export function among(journey: Journey, ids: ReadonlySet<string>): ReadonlySet<string> {
  const there = new Set([TRIGGER, ...journey.nodes.map((one) => one.id)]);
  return [...ids].every((id) => there.has(id)) ? ids : new Set([...ids].filter((id) => there.has(id)));
}

/** What copying takes along: the nodes and the arrows among them. */
export function copied(journey: Journey, ids: ReadonlySet<string>): Place[] {
  return journey.nodes
    .filter((one) => ids.has(one.id))
    .map((one) => ({
      ...one,
      params: structuredClone(one.params),
      next: Object.fromEntries(Object.entries(one.next).filter(([, to]) => ids.has(to))),
    }));
}

/** What was kept by copying, here or on another page; what is none of ours is passed over. */
export function unfolded(kept: string | null): Place[] {
  let told: unknown = null;
  try {
    told = JSON.parse(kept ?? "null");
  } catch {
    return [];
  }
  const plain = (value: unknown) => !!value && typeof value === "object" && !Array.isArray(value);
  return (Array.isArray(told) ? (told as Place[]) : []).filter(
    (one) => plain(one) && typeof one.id === "string" && typeof one.type === "string" && plain(one.params) && plain(one.next),
  );
}

export function pasted(journey: Journey, places: readonly Place[], shift: Point): { journey: Journey; ids: string[] } {
  const names = new Map<string, string>();
  for (const one of places) names.set(one.id, freshId(journey, one.type, names.values()));
  const fresh = places.map((one) => ({
    ...one,
    id: names.get(one.id)!,
    params: structuredClone(one.params),
    next: Object.fromEntries(Object.entries(one.next).flatMap(([way, to]) => (names.has(to) ? [[way, names.get(to)!]] : []))),
    ...(one.position ? { position: { x: one.position.x + shift.x, y: one.position.y + shift.y } } : {}),
  }));
  return { journey: { ...journey, nodes: [...journey.nodes, ...fresh] }, ids: fresh.map((one) => one.id) };
}

export type Difference = {
  sort: "added" | "removed" | "changed";
  what: "node" | "trigger" | "settings";
  id: string;
  type: string;
  fields: { name: string; before: Json; after: Json }[];
};

/** What one document has that the other has not. Where a node stands on the canvas is no difference. */
export function differences(before: Journey, after: Journey): Difference[] {
  const found: Difference[] = [];
  const was = placesOf(before);
  const is = placesOf(after);
  const general = fieldsOf(
    { name: before.name, description: before.description || null, campaigns: before.scope.campaigns, entry: before.entry ?? null, ...before.settings },
    { name: after.name, description: after.description || null, campaigns: after.scope.campaigns, entry: after.entry ?? null, ...after.settings },
  );
  if (general.length) found.push({ sort: "changed", what: "settings", id: "", type: "", fields: general });
  const trigger = fieldsOf(
    { type: before.trigger.type, ...before.trigger.params, [START]: before.start },
    { type: after.trigger.type, ...after.trigger.params, [START]: after.start },
  );
  if (trigger.length) found.push({ sort: "changed", what: "trigger", id: TRIGGER, type: after.trigger.type, fields: trigger });
  for (const one of before.nodes) {
    if (!is.has(one.id)) found.push({ sort: "removed", what: "node", id: one.id, type: one.type, fields: [] });
  }
  for (const one of after.nodes) {
    const old = was.get(one.id);
    if (!old) {
      found.push({ sort: "added", what: "node", id: one.id, type: one.type, fields: [] });
      continue;
    }
    const fields = fieldsOf(fieldsIn(old), fieldsIn(one));
    if (fields.length) found.push({ sort: "changed", what: "node", id: one.id, type: one.type, fields });
  }
  return found;
}

function fieldsIn(place: Place): Record<string, Json> {
  const ways = Object.fromEntries(Object.entries(place.next).map(([way, to]) => [`→${way}`, to]));
  return { type: place.type, title: place.title || null, ...place.params, ...ways };
}

function fieldsOf(before: Record<string, Json>, after: Record<string, Json>): Difference["fields"] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => {
    const [was, is] = [before[name] ?? null, after[name] ?? null];
    return same(was, is) ? [] : [{ name, before: was, after: is }];
  });
}

/** Equal as data; the order of keys says nothing. */
export function same(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) return (a ?? null) === (b ?? null);
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((one, index) => same(one, b[index]));
  }
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => same(a[key], b[key]));
}

/** Nodes in the order in which one reads them: from the trigger along the arrows, what hangs loose last. */
export function readingOrder(journey: Journey): Place[] {
  const places = placesOf(journey);
  const seen = new Set<string>();
  const order: Place[] = [];
  const stack = journey.start ? [journey.start] : [];
  while (stack.length) {
    const id = stack.pop()!;
    const place = places.get(id);
    if (!place || seen.has(id)) continue;
    seen.add(id);
    order.push(place);
    stack.push(...Object.values(place.next).reverse());
  }
  return [...order, ...journey.nodes.filter((one) => !seen.has(one.id))];
}

export function reachable(journey: Journey): Set<string> {
  const places = placesOf(journey);
  const seen = new Set<string>();
  const stack = journey.start ? [journey.start] : [];
  while (stack.length) {
    const id = stack.pop()!;
    if (seen.has(id) || !places.has(id)) continue;
    seen.add(id);
    stack.push(...Object.values(places.get(id)!.next));
  }
  return seen;
}
