import { describe, expect, test } from "vitest";

import { NODE_HEIGHT, nodeWidth } from "../../src/journey/layout";
import { TRIGGER } from "../../src/journey/model";
import { clear, positions, tidied, waysAt } from "../../src/journey/places";
import type { Journey, Point } from "../../src/journey/types";
import { dice, journey, place } from "./made";

function overlapping(of: Journey, where: ReadonlyMap<string, Point>): [string, string][] {
  const boxes = [...where].map(([id, at]) => ({ id, ...at, width: nodeWidth(waysAt(of, id).length) }));
  return boxes.flatMap((one, index) =>
    boxes
      .slice(index + 1)
      .filter((other) => one.x < other.x + other.width && other.x < one.x + one.width && Math.abs(one.y - other.y) < NODE_HEIGHT)
      .map((other): [string, string] => [one.id, other.id]),
  );
}

/** A journey of so many nodes with arrows anywhere: forks, loops, arrows to oneself and to nothing, loose ends. */
function tangled(seed: number, many: number): Journey {
  const roll = dice(seed);
  const ids = Array.from({ length: many }, (_, index) => `n${index}`);
  const nodes = ids.map((id, index) => {
    if (roll(8) === 0) {
      const paths = Array.from({ length: 1 + roll(6) }, (_, path) => ({ out: `p${path}` }));
      return place(id, Object.fromEntries(paths.map((one) => [one.out, ids[roll(many)]!])), "control.split", { paths });
    }
    const ways = [["next"], ["yes", "no"], []][roll(3)]!;
    const type = ways.length === 2 ? "control.condition" : ways.length ? "action.note" : "control.end";
    const to = () => (roll(20) === 0 ? "gone" : roll(5) === 0 ? ids[roll(many)]! : (ids[index + 1 + roll(4)] ?? ids[roll(many)]!));
    return place(id, Object.fromEntries(ways.map((way) => [way, to()])), type);
  });
  return journey(roll(10) === 0 ? null : "n0", ...nodes);
}

describe("the layout", () => {
  test("goes downwards along the arrows", () => {
    const where = tidied(journey("a", place("a", { yes: "b", no: "c" }, "control.condition"), place("b", { next: "d" }), place("c", { next: "d" }), place("d")));
    const y = (id: string) => where.get(id)!.y;
    expect(y(TRIGGER)).toBeLessThan(y("a"));
    expect([y("b"), y("c")]).toEqual([y("b"), y("b")]);
    expect(y("b")).toBeGreaterThan(y("a"));
    expect(y("d")).toBeGreaterThan(y("b"));
    expect(where.get("b")!.x).toBeLessThan(where.get("c")!.x);
  });

  test("stands a line straight below each other", () => {
    const where = tidied(journey("a", place("a", { next: "b" }), place("b", { next: "c" }), place("c")));
    expect(new Set([...where.values()].map((one) => one.x)).size).toBe(1);
  });

  test("leaves an arrow back out, so that a loop stands as it begins", () => {
    const where = tidied(journey("a", place("c", { next: "a" }), place("b", { next: "c" }), place("a", { next: "b" })));
    expect(["a", "b", "c"].map((id) => where.get(id)!.y)).toEqual(["a", "b", "c"].map((id) => where.get(id)!.y).sort((one, other) => one - other));
    expect(where.get("a")!.y).toBeLessThan(where.get("c")!.y);
  });

  test("has a place for every node and puts none over another: 60 nodes, 100 tangles", () => {
    for (let seed = 0; seed < 100; seed++) {
      const tangle = tangled(seed, 60);
      const where = tidied(tangle);
      expect(where.size).toBe(61);
      expect([...where.values()].every((at) => Number.isFinite(at.x) && Number.isFinite(at.y))).toBe(true);
      expect(overlapping(tangle, where)).toEqual([]);
    }
  });

  test("holds the longest journey there may be, in one line and in one row", () => {
    const ids = Array.from({ length: 1000 }, (_, index) => `n${index}`);
    const line = journey("n0", ...ids.map((id, index) => place(id, index < 999 ? { next: ids[index + 1]! } : {})));
    expect(tidied(line).get("n999")!.y).toBe(1000 * (NODE_HEIGHT + 72));
    const row = journey(null, ...ids.map((id) => place(id)));
    expect(overlapping(row, tidied(row))).toEqual([]);
  });

  test("says the same twice", () => expect(tidied(tangled(7, 60))).toEqual(tidied(tangled(7, 60))));

  test("holds an empty journey", () => expect([...tidied(journey(null)).keys()]).toEqual([TRIGGER]));
});

describe("places", () => {
  test("are those that somebody gave, with the trigger above where it leads", () => {
    const one = journey("a", { ...place("a", {}, "control.split", { paths: [{ out: "a" }, { out: "b" }, { out: "c" }] }), position: { x: 500, y: 300 } });
    expect(positions(one).get("a")).toEqual({ x: 500, y: 300 });
    const width = nodeWidth(4);
    expect(positions(one).get(TRIGGER)).toEqual({ x: 500 + (width - 240) / 2, y: 300 - NODE_HEIGHT - 72 });
  });

  test("are found for those that have none among others that have", () => {
    const some = journey("a", { ...place("a", { next: "b" }), position: { x: 0, y: 172 } }, ...["b", "c", "d"].map((id) => place(id)));
    const where = positions(some);
    where.delete(TRIGGER);
    expect(where.size).toBe(4);
    expect(overlapping(some, where)).toEqual([]);
  });

  test("for a new one are free, however wide it and its neighbours are", () => {
    let now = journey("w", { ...place("w", {}, "control.split", { paths: Array.from({ length: 6 }, (_, index) => ({ out: `p${index}` })) }), position: { x: 0, y: 0 } });
    for (const [id, type] of [["a", "action.note"], ["b", "control.condition"], ["c", "action.note"]] as const) {
      const made = place(id, {}, type);
      const ways = waysAt(journey(null, made), id).length;
      now = { ...now, nodes: [...now.nodes, { ...made, position: clear(now, { x: 10, y: 30 }, ways) }] };
    }
    const where = positions(now);
    where.delete(TRIGGER);
    expect(overlapping(now, where)).toEqual([]);
  });

  test("after tidying up are where tidying up put them, the trigger too", () => {
    const fork = journey("a", place("a", { x: "b", y: "c", z: "d" }, "control.split", { paths: [{ out: "x" }, { out: "y" }, { out: "z" }] }), place("b"), place("c"), place("d"));
    const where = tidied(fork);
    const kept = { ...fork, nodes: fork.nodes.map((one) => ({ ...one, position: where.get(one.id)! })) };
    expect(positions(kept)).toEqual(new Map([...where].map(([id, at]) => [id, id === TRIGGER ? positions(kept).get(TRIGGER)! : at])));
    expect(Math.abs(positions(kept).get(TRIGGER)!.x - where.get(TRIGGER)!.x)).toBeLessThanOrEqual(1);
    expect(positions(kept).get(TRIGGER)!.y).toBe(where.get(TRIGGER)!.y);
  });
});
