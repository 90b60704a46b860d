/** What the server knows beside the document: faults that its linter finds, and what runs do. */
import { useEffect, useMemo, useRef, useState } from "react";

import { reachable, TRIGGER } from "./model";
import { ask, page, w } from "./page";
import type { Fault, Figures, Journey } from "./types";
import { shown } from "./wording";

const LINT_AFTER_MS = 500;
const FIGURES_LEAST_MS = 2000;

/** Faults: what can be seen here at once, and what the server's linter says as soon as the hand rests. */
export function useFaults(journey: Journey): Fault[] {
  const [told, setTold] = useState<{ of: Journey; faults: Fault[] } | null>(null);
  const turn = useRef(0);
  useEffect(() => {
    const mine = ++turn.current;
    const timer = setTimeout(() => {
      ask<{ faults: Fault[] }>("POST", page.addresses.check, { document: journey }).then(
        (answer) => mine === turn.current && setTold({ of: journey, faults: answer.faults }),
        () => undefined, // The next change asks again; saving says that the server cannot be reached.
      );
    }, told ? LINT_AFTER_MS : 0);
    return () => clearTimeout(timer);
    // `told` only says whether anything was asked yet.
  }, [journey]);
  return useMemo(() => {
    if (told?.of === journey) return told.faults;
    // Until the server has answered, its last words about nodes that are still there, and what is plain to see.
    const ids = new Set([TRIGGER, ...journey.nodes.map((one) => one.id)]);
    const old = (told?.faults ?? []).filter((one) => one.node === null || (ids.has(one.node) && same(told!.of, journey, one.node)));
    const fresh = plain(journey).filter((one) => !old.some((each) => each.node === one.node && each.param === one.param));
    return [...old, ...fresh];
  }, [told, journey]);
}

function same(before: Journey, now: Journey, id: string): boolean {
  if (id === TRIGGER) return before.trigger === now.trigger && before.start === now.start;
  return before.nodes.find((one) => one.id === id) === now.nodes.find((one) => one.id === id);
}

/** Faults that need no server: something required is not set, nothing leads to a node. */
export function plain(journey: Journey): Fault[] {
  const found: Fault[] = [];
  const there = reachable(journey);
  for (const place of journey.nodes) {
    const kind = page.catalogue.nodes.find((one) => one.type === place.type);
    for (const param of kind?.params ?? []) {
      if (param.required && shown(param, place.params, kind!.params) && empty(place.params[param.name] ?? param.default)) {
        found.push({ node: place.id, param: param.name, code: "required", detail: w("missing", { field: param.label }), level: "error" });
      }
    }
    if (!there.has(place.id)) found.push({ node: place.id, code: "unreachable", detail: w("unreachableNode"), level: "warning" });
  }
  if (!there.size) found.push({ node: TRIGGER, code: "no_start", detail: w("noStart"), level: "error" });
  return found;
}

function empty(value: unknown): boolean {
  return value === undefined || value === null || value === "" || (Array.isArray(value) && !value.length);
}

/** Counts of runs: fetched when the live stream says that they have changed, at most every two seconds. */
export function useFigures(): Figures {
  const [figures, setFigures] = useState<Figures>({});
  useEffect(() => {
    let last = 0;
    let timer = 0;
    let over = false;
    const fetchThem = () => {
      timer = 0;
      last = Date.now();
      ask<{ nodes: Figures }>("GET", page.addresses.stats).then(
        (answer) => !over && setFigures(answer.nodes),
        () => undefined, // The stream says when the connection is lost; the next message asks again.
      );
    };
    const heard = () => {
      if (!timer) timer = window.setTimeout(fetchThem, Math.max(0, last + FIGURES_LEAST_MS - Date.now()));
    };
    fetchThem();
    const names = [`live:${page.topic}`, "live:refresh"];
    for (const name of names) document.body.addEventListener(name, heard);
    return () => {
      over = true;
      clearTimeout(timer);
      for (const name of names) document.body.removeEventListener(name, heard);
    };
  }, []);
  return figures;
}
