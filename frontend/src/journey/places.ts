/** Where things stand on the canvas, and where a new one goes. */
import { GAP_Y, laidOut, NODE_HEIGHT, nodeWidth } from "./layout";
import { readingOrder, START, target, TRIGGER, waysOf } from "./model";
import { page } from "./page";
import type { Fault, Journey, Place, Point, Trigger, Way } from "./types";

const GAP = 20;
const TRIGGER_WAY: Way = { name: START, label: "", tone: "neutral", optional: false };

export function triggerKind(journey: Journey): Trigger | undefined {
  return page.catalogue.triggers.find((one) => one.type === journey.trigger.type);
}

export function waysAt(journey: Journey, id: string): Way[] {
  if (id === TRIGGER) return [TRIGGER_WAY];
  const place = journey.nodes.find((one) => one.id === id);
  return place ? waysOf(page.catalogue, place) : [];
}

/** The ways out that lead nowhere yet; one to a node that is not there any more is as good as none. */
export function openWays(journey: Journey, id: string): string[] {
  const there = new Set(journey.nodes.map((one) => one.id));
  return waysAt(journey, id)
    .map((one) => one.name)
    .filter((name) => !there.has(target(journey, id, name) ?? ""));
}

/** Where each node stands: where somebody has put it, or, as long as nobody has moved one, where the layout puts it. */
export function positions(journey: Journey): Map<string, Point> {
  if (!journey.nodes.some((one) => one.position)) return tidied(journey);
  const found = new Map<string, Point>();
  for (const one of journey.nodes) if (one.position) found.set(one.id, one.position);
  // One without a place among others that have theirs, as a program may write it: where the layout would, if that is free.
  const rest = journey.nodes.filter((one) => !one.position);
  if (rest.length) {
    const where = tidied(journey);
    for (const one of rest) found.set(one.id, clearOf(journey, found, where.get(one.id)!, widthAt(journey, one.id)));
  }
  const first = journey.start ? found.get(journey.start) : undefined;
  const top = Math.min(0, ...[...found.values()].map((one) => one.y));
  const aside = first ? (widthAt(journey, journey.start!) - nodeWidth(1)) / 2 : 0;
  found.set(TRIGGER, first ? { x: first.x + aside, y: first.y - NODE_HEIGHT - GAP_Y } : { x: 0, y: top - NODE_HEIGHT - GAP_Y });
  return found;
}

export function tidied(journey: Journey): Map<string, Point> {
  const ways = new Map(journey.nodes.map((one) => [one.id, waysOf(page.catalogue, one).map((way) => way.name)]));
  const size = (id: string) => ({ width: nodeWidth(ways.get(id)?.length ?? 1), height: NODE_HEIGHT });
  return laidOut(journey, size, (id) => ways.get(id) ?? [START]);
}

function widthAt(journey: Journey, id: string): number {
  return nodeWidth(waysAt(journey, id).length);
}

/** The node that lies the way of `by`: of those in the half plane, the one with the least distance, sideways counted double. */
export function neighbour(journey: Journey, id: string, by: Point): string | null {
  const where = positions(journey);
  const from = where.get(id);
  if (!from) return null;
  let best: [number, string] | null = null;
  for (const [other, at] of where) {
    if (other === id) continue;
    const [dx, dy] = [at.x - from.x, at.y - from.y];
    const [along, across] = by.x ? [dx * Math.sign(by.x), dy] : [dy * Math.sign(by.y), dx];
    if (along <= 0) continue;
    const far = along + 2 * Math.abs(across);
    if (!best || far < best[0]) best = [far, other];
  }
  return best?.[1] ?? null;
}

export function waysOfNew(place: Place): string[] {
  return waysOf(page.catalogue, place).map((one) => one.name);
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

/** A place that nothing stands on for a node of so many ways, beginning at the wanted one and going to the right. */
export function clear(journey: Journey, wanted: Point, ways: number): Point {
  return clearOf(journey, positions(journey), wanted, nodeWidth(ways));
}

function clearOf(journey: Journey, taken: ReadonlyMap<string, Point>, wanted: Point, width: number): Point {
  const point = { ...wanted };
  const inTheWay = () =>
    [...taken].find(([id, one]) => {
      const beside = point.x + width + GAP <= one.x || one.x + widthAt(journey, id) + GAP <= point.x;
      return !beside && Math.abs(one.y - point.y) < NODE_HEIGHT + GAP;
    });
  // Each turn passes one node by and never comes back to it.
  for (let other = inTheWay(); other; other = inTheWay()) point.x = other[1].x + widthAt(journey, other[0]) + GAP;
  return point;
}

export function rounded(point: Point): Point {
  return { x: Math.round(point.x), y: Math.round(point.y) };
}

/** The next step with a fault, in reading order and round again; null where it is the journey itself that has one. */
export function faultyAfter(journey: Journey, faults: readonly Fault[], chosen: string | null): string | null {
  const order = [TRIGGER, ...readingOrder(journey).map((one) => one.id)];
  const faulty = (id: string) => faults.some((one) => one.node === id);
  const at = chosen ? order.indexOf(chosen) : -1;
  const after = order.slice(at + 1).find(faulty);
  if (after !== undefined || faults.some((one) => one.node === null)) return after ?? null;
  return order.find(faulty) ?? null;
}
