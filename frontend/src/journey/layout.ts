/**
 * Where nodes stand when nobody has said so: layers from the trigger downwards.
 *
 * 1. Arrows that lead back to where one came from are left out, so that what is left has a direction.
 * 2. A node's layer is one below the lowest that leads to it.
 * 3. Within a layer nodes are ordered by the mean place of those that lead to them, then of those they lead to, a few
 *    times over, which takes most crossings away.
 * 4. Across, each node stands as near as it may to those that lead to it; neighbours keep their distance.
 */
import { START, TRIGGER } from "./model";
import type { Journey, Point } from "./types";

export type Size = { width: number; height: number };

export const NODE_HEIGHT = 100;
export const GAP_Y = 72;
const GAP_X = 40;
const ROUNDS = 6;

/** How wide a node with so many ways out is drawn. */
export function nodeWidth(ways: number): number {
  return Math.max(240, ways * 116);
}

type Arrow = { from: string; to: string; port: number };

export function laidOut(journey: Journey, sizes: (id: string) => Size, waysInOrder: (id: string) => string[]): Map<string, Point> {
  const ids = [TRIGGER, ...journey.nodes.map((one) => one.id)];
  const known = new Set(ids);
  const arrows: Arrow[] = [];
  for (const id of ids) {
    const next = id === TRIGGER ? (journey.start ? { [START]: journey.start } : {}) : journey.nodes.find((one) => one.id === id)!.next;
    const order = waysInOrder(id);
    for (const [way, to] of Object.entries(next)) {
      if (known.has(to) && to !== id) arrows.push({ from: id, to, port: Math.max(0, order.indexOf(way)) });
    }
  }
  arrows.sort((a, b) => a.port - b.port);
  const forward = withoutLoops(ids, arrows);
  const layerOf = layersOf(ids, forward);
  const layers: string[][] = [];
  for (const id of visitOrder(ids, forward)) (layers[layerOf.get(id)!] ??= []).push(id);
  const filled = layers.map((layer) => layer ?? []);
  untangle(filled, forward);
  return placed(filled, forward, sizes);
}

function grouped<T>(list: readonly T[], key: (one: T) => string): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const one of list) {
    const group = found.get(key(one));
    if (group) group.push(one);
    else found.set(key(one), [one]);
  }
  return found;
}

function withoutLoops(ids: string[], arrows: Arrow[]): Arrow[] {
  const out = grouped(arrows, (one) => one.from);
  const state = new Map<string, "open" | "done">();
  const back = new Set<Arrow>();
  for (const root of ids) {
    if (state.has(root)) continue;
    const stack: { id: string; at: number }[] = [{ id: root, at: 0 }];
    state.set(root, "open");
    while (stack.length) {
      const top = stack[stack.length - 1]!;
      const arrow = (out.get(top.id) ?? [])[top.at++];
      if (!arrow) {
        state.set(top.id, "done");
        stack.pop();
      } else if (state.get(arrow.to) === "open") back.add(arrow);
      else if (!state.has(arrow.to)) {
        state.set(arrow.to, "open");
        stack.push({ id: arrow.to, at: 0 });
      }
    }
  }
  return arrows.filter((one) => !back.has(one));
}

function layersOf(ids: string[], arrows: Arrow[]): Map<string, number> {
  const into = new Map(ids.map((id) => [id, 0]));
  for (const one of arrows) into.set(one.to, into.get(one.to)! + 1);
  const out = grouped(arrows, (one) => one.from);
  // What nothing leads to stands beside the trigger's first follower, not beside the trigger.
  const layer = new Map(ids.map((id) => [id, id === TRIGGER ? 0 : 1]));
  const ready = ids.filter((id) => into.get(id) === 0);
  while (ready.length) {
    const id = ready.shift()!;
    for (const { to } of out.get(id) ?? []) {
      layer.set(to, Math.max(layer.get(to)!, layer.get(id)! + 1));
      into.set(to, into.get(to)! - 1);
      if (into.get(to) === 0) ready.push(to);
    }
  }
  return layer;
}

function visitOrder(ids: string[], arrows: Arrow[]): string[] {
  const out = grouped(arrows, (one) => one.from);
  const seen = new Set<string>();
  const visit = (id: string): void => {
    if (seen.has(id)) return;
    seen.add(id);
    for (const { to } of out.get(id) ?? []) visit(to);
  };
  ids.forEach(visit);
  return [...seen];
}

function untangle(layers: string[][], arrows: Arrow[]): void {
  const before = grouped(arrows, (one) => one.to);
  const after = grouped(arrows, (one) => one.from);
  for (let round = 0; round < ROUNDS; round++) {
    const down = round % 2 === 0;
    const place = new Map(layers.flatMap((layer) => layer.map((id, index) => [id, index] as const)));
    for (const layer of down ? layers : [...layers].reverse()) {
      const mean = new Map(
        layer.map((id, index) => {
          const near = down
            ? (before.get(id) ?? []).map((one) => place.get(one.from)! + one.port / 100)
            : (after.get(id) ?? []).map((one) => place.get(one.to)!);
          return [id, near.length ? near.reduce((sum, one) => sum + one, 0) / near.length : index];
        }),
      );
      layer.sort((a, b) => mean.get(a)! - mean.get(b)!);
      layer.forEach((id, index) => place.set(id, index));
    }
  }
}

function placed(layers: string[][], arrows: Arrow[], sizes: (id: string) => Size): Map<string, Point> {
  const before = grouped(arrows, (one) => one.to);
  const ports = new Map<string, number>();
  for (const one of arrows) ports.set(one.from, Math.max(ports.get(one.from) ?? 0, one.port + 1));
  const middle = new Map<string, number>();
  let y = 0;
  const found = new Map<string, Point>();
  for (const layer of layers) {
    // Where each would like to stand: below the mean of the ways that lead to it.
    const wanted = layer.map((id) => {
      const near = (before.get(id) ?? []).map((one) => {
        const count = ports.get(one.from)!;
        return middle.get(one.from)! + ((one.port + 0.5) / count - 0.5) * sizes(one.from).width;
      });
      return near.length ? near.reduce((sum, one) => sum + one, 0) / near.length : NaN;
    });
    // From left to right with their distances, then the whole layer moved so that the mean is where it wants to be.
    const at: number[] = [];
    layer.forEach((id, index) => {
      const half = sizes(id).width / 2;
      const least = index ? at[index - 1]! + sizes(layer[index - 1]!).width / 2 + GAP_X + half : -Infinity;
      const want = Number.isNaN(wanted[index]!) ? (index ? least : 0) : wanted[index]!;
      at.push(Math.max(least, want));
    });
    const known = wanted.flatMap((want, index) => (Number.isNaN(want) ? [] : [at[index]! - want]));
    const shift = known.length ? known.reduce((sum, one) => sum + one, 0) / known.length : 0;
    layer.forEach((id, index) => {
      middle.set(id, at[index]! - shift);
      found.set(id, { x: Math.round(at[index]! - shift - sizes(id).width / 2), y: Math.round(y) });
    });
    y += Math.max(0, ...layer.map((id) => sizes(id).height)) + GAP_Y;
  }
  return found;
}
