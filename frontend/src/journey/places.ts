/** Where things stand on the canvas, and where a new one goes. */
import { openWays, positions, waysAt } from "./Canvas";
import { readingOrder, START, TRIGGER } from "./model";
import { NODE_HEIGHT } from "./Node";
import { page } from "./page";
import type { Fault, Journey, Place, Point } from "./types";

export const NEAR = 20;

export const ARROWS: Record<string, Point> = {
  ArrowUp: { x: 0, y: -NEAR },
  ArrowDown: { x: 0, y: NEAR },
  ArrowLeft: { x: -NEAR, y: 0 },
  ArrowRight: { x: NEAR, y: 0 },
};

/** The node that lies that way: of those in the half plane, the one with the least distance, sideways counted double. */
export function neighbour(journey: Journey, id: string, key: string): string | null {
  const where = positions(journey);
  const from = where.get(id);
  const way = ARROWS[key];
  if (!from || !way) return null;
  let best: [number, string] | null = null;
  for (const [other, at] of where) {
    if (other === id) continue;
    const [dx, dy] = [at.x - from.x, at.y - from.y];
    const [along, across] = way.x ? [dx * Math.sign(way.x), dy] : [dy * Math.sign(way.y), dx];
    if (along <= 0) continue;
    const far = along + 2 * Math.abs(across);
    if (!best || far < best[0]) best = [far, other];
  }
  return best?.[1] ?? null;
}

export function waysOfNew(place: Place): string[] {
  return waysAt({ ...page.document, nodes: [place] }, place.id).map((one) => one.name);
}

/** Where a thing from the palette goes: after what is chosen; else at the first arrow that leads nowhere. */
export function freePlace(journey: Journey, chosen: string | null): { node: string; way: string } {
  const ids = [...(chosen ? [chosen] : []), TRIGGER, ...readingOrder(journey).map((one) => one.id)];
  for (const id of ids) {
    const way = openWays(journey, id)[0];
    if (way !== undefined) return { node: id, way };
    if (id === chosen) {
      const first = waysAt(journey, id)[0];
      if (first) return { node: id, way: first.name };
    }
  }
  return { node: TRIGGER, way: START };
}

/** A place that nothing stands on, beginning at the wanted one and going to the right. */
export function clear(journey: Journey, wanted: Point): Point {
  const taken = [...positions(journey).values()];
  const point = { ...wanted };
  while (taken.some((one) => Math.abs(one.x - point.x) < 260 && Math.abs(one.y - point.y) < NODE_HEIGHT + 20)) point.x += 280;
  return point;
}

export function rounded(point: Point): Point {
  return { x: Math.round(point.x), y: Math.round(point.y) };
}

/** The next step with a fault, in reading order and round again; null where it is the journey itself that has one. */
export function faultyAfter(journey: Journey, faults: readonly Fault[], chosen: string | null): string | null {
  const order = [TRIGGER, ...readingOrder(journey).map((one) => one.id)];
  const faulty = order.filter((id) => faults.some((one) => one.node === id));
  const at = chosen ? faulty.indexOf(chosen) : -1;
  const last = at === faulty.length - 1;
  return last && faults.some((one) => one.node === null) ? null : (faulty[(at + 1) % Math.max(1, faulty.length)] ?? null);
}
