import { describe, expect, test } from "vitest";

import { ARROWS } from "../../src/journey/keys";
import { TRIGGER } from "../../src/journey/model";
import { faultyAfter, freePlace, neighbour, openWays, positions, waysOfNew } from "../../src/journey/places";
import type { Fault } from "../../src/journey/types";
import { journey, place } from "./made";

const fork = journey("a", place("a", { yes: "b", no: "c" }, "control.condition"), place("b"), place("c", { next: "a" }));
const by = (key: string) => ARROWS[`Arrow${key}`]!;
const fault = (node: string | null): Fault => ({ node, code: "x", detail: "X", level: "error" });

describe("the arrow keys", () => {
  test("go to what lies that way, and stay where nothing does", () => {
    expect(neighbour(fork, TRIGGER, by("Down"))).toBe("a");
    expect(neighbour(fork, "b", by("Right"))).toBe("c");
    expect(neighbour(fork, "c", by("Left"))).toBe("b");
    expect(neighbour(fork, "b", by("Up"))).toBe("a");
    expect(neighbour(fork, TRIGGER, by("Up"))).toBe(null);
    expect(neighbour(fork, "gone", by("Up"))).toBe(null);
  });

  test("reach every node of a journey from its trigger", () => {
    const wide = journey("s", place("s", { p0: "a", p1: "b", p2: "c" }, "control.split", { paths: [0, 1, 2].map((one) => ({ out: `p${one}` })) }), place("a"), place("b", { next: "d" }), place("c"), place("d"), place("loose"));
    const seen = new Set([TRIGGER]);
    for (const id of seen) {
      for (const key of Object.values(ARROWS)) {
        const to = neighbour(wide, id, key);
        if (to) seen.add(to);
      }
    }
    expect(seen.size).toBe(positions(wide).size);
  });
});

describe("a thing from the palette", () => {
  test("goes after what is chosen, into its first open way", () => expect(freePlace(fork, "b")).toEqual({ node: "b", way: "next" }));
  test("goes into the first arrow of what is chosen where none is open", () => expect(freePlace(fork, "a")).toEqual({ node: "a", way: "yes" }));
  test("goes to the first open way as one reads", () => expect(freePlace(fork, null)).toEqual({ node: "b", way: "next" }));
  test("goes elsewhere than after an end or what is gone", () => {
    const ended = journey("e", place("e", {}, "control.end"));
    expect(freePlace(ended, "e")).toEqual({ node: TRIGGER, way: "start" });
    expect(freePlace(fork, "gone")).toEqual({ node: "b", way: "next" });
  });
  test("has its own ways before it is there", () => expect(waysOfNew(place("n", {}, "control.condition"))).toEqual(["yes", "no"]));
});

test("a way that leads to what is not there any more is open", () => {
  expect(openWays(journey("gone", place("a", { next: "gone" })), "a")).toEqual(["next"]);
  expect(openWays(journey("gone", place("a")), TRIGGER)).toEqual(["start"]);
  expect(openWays(journey("a", place("a")), TRIGGER)).toEqual([]);
});

describe("the next fault", () => {
  const line = journey("a", place("a", { next: "b" }), place("b", { next: "c" }), place("c"));
  const faults = [fault("c"), fault("a")];

  test("is the first, then the next as one reads, then the first again", () => {
    expect(faultyAfter(line, faults, null)).toBe("a");
    expect(faultyAfter(line, faults, "a")).toBe("c");
    expect(faultyAfter(line, faults, "c")).toBe("a");
  });
  test("is the next after one that has none", () => expect(faultyAfter(line, faults, "b")).toBe("c"));
  test("of the journey itself comes in its turn", () => {
    expect(faultyAfter(line, [...faults, fault(null)], "c")).toBe(null);
    expect(faultyAfter(line, [...faults, fault(null)], null)).toBe("a");
    expect(faultyAfter(line, [fault(null)], null)).toBe(null);
  });
  test("is nobody's where there is none, or none that is there", () => {
    expect(faultyAfter(line, [], "a")).toBe(null);
    expect(faultyAfter(line, [fault("gone")], "a")).toBe(null);
  });
});
