import { describe, expect, test } from "vitest";

import {
  among, connected, copied, differences, freshId, pasted, reachable, readingOrder, same, target, TRIGGER, unfolded, waysOf, withNew, without, withParams,
} from "../../src/journey/model";
import { page } from "../../src/journey/page";
import { dice, journey, led, place } from "./made";

const ways = (type: string, params = {}, next = {}) => waysOf(page.catalogue, place("x", next, type, params)).map((one) => one.name);

describe("arrows out of a node", () => {
  test("are those of its kind", () => expect(ways("control.condition")).toEqual(["yes", "no"]));

  test("come and go with the parameter that makes them, which counts by its default too", () => {
    expect(ways("wait.event")).toEqual(["happened", "timeout"]);
    expect(ways("wait.event", { limited: false })).toEqual(["happened"]);
  });

  test("are one for each entry of a list, named after its label, its value or itself", () => {
    const split = place("x", {}, "control.split", { paths: [{ out: "a", label: "Half" }, { out: "b", value: 3 }, { out: "c" }, null, 5, { label: "no out" }] });
    expect(waysOf(page.catalogue, split).map((one) => [one.name, one.label])).toEqual([["a", "Half"], ["b", "3"], ["c", "c"], ["otherwise", "otherwise"]]);
  });

  test("that no kind knows are shown in red, so that they can be taken away", () => {
    expect(waysOf(page.catalogue, place("x", { old: "y" }))).toContainEqual({ name: "old", label: "old", tone: "danger", optional: true });
    expect(ways("kind.unknown", {}, { next: "y" })).toEqual(["next"]);
  });
});

describe("a new node", () => {
  const line = journey("a", place("a", { next: "b" }), place("b"));

  test("is put into an arrow, and what the arrow led to follows it", () => {
    const made = withNew(line, place("n"), { node: "a", way: "next" }, "next");
    expect(led(made)).toEqual({ a: { next: "n" }, b: {}, n: { next: "b" } });
  });

  test("is put after the trigger", () => {
    const made = withNew(line, place("n"), { node: TRIGGER, way: "start" }, "next");
    expect([made.start, led(made)["n"]]).toEqual(["n", { next: "a" }]);
  });

  test("without a way out ends the arrow; the rest stays on the canvas", () => {
    const made = withNew(line, place("n", {}, "control.end"), { node: "a", way: "next" }, null);
    expect(led(made)).toEqual({ a: { next: "n" }, b: {}, n: {} });
  });

  test("does not take over an arrow that leads to what is not there", () => {
    const made = withNew(journey("a", place("a", { next: "gone" })), place("n"), { node: "a", way: "next" }, "next");
    expect(led(made)).toEqual({ a: { next: "n" }, n: {} });
  });

  test("has an id that nobody has, made of its kind", () => {
    const there = journey("sms", place("sms"), place("sms_2"));
    expect(freshId(there, "action.sms")).toBe("sms_3");
    expect(freshId(there, "action.sms", ["sms_3"])).toBe("sms_4");
    expect(freshId(there, "action.møde")).toBe("mde");
    expect(freshId(there, "action.ÆØÅ")).toBe("n");
  });
});

describe("what is taken away", () => {
  const line = journey("a", place("a", { next: "b" }), place("b", { next: "c" }), place("c"));

  test("leaves what leads to it at what it led to, over several at once", () => {
    expect(led(without(line, new Set(["b"])))).toEqual({ a: { next: "c" }, c: {} });
    expect(without(line, new Set(["a", "b"])).start).toBe("c");
    expect(led(without(journey("a", place("a", { next: "c" }, "x"), ...line.nodes.slice(1)), new Set(["b"])))["a"]).toEqual({ next: "c" });
  });

  test("ends the arrow where it led two ways, and where it led nowhere", () => {
    const fork = journey("a", place("a", { next: "b" }), place("b", { yes: "c", no: "d" }, "control.condition"), place("c"), place("d"));
    expect(led(without(fork, new Set(["b"])))["a"]).toEqual({});
    expect(led(without(line, new Set(["c"])))["b"]).toEqual({});
    expect(without(journey("a", place("a")), new Set(["a"]))).toMatchObject({ start: null, nodes: [] });
  });

  test("makes nothing lead to itself, though a loop that was there stays", () => {
    const loop = journey("a", place("a", { next: "b" }), place("b", { next: "a" }));
    expect(led(without(loop, new Set(["b"])))).toEqual({ a: {} });
    const own = journey("a", place("a", { yes: "a", no: "b" }, "control.condition"), place("b"));
    expect(led(without(own, new Set(["b"])))).toEqual({ a: { yes: "a" } });
    const all = journey("a", place("a", { next: "b" }), place("b", { next: "c" }), place("c", { next: "b" }));
    expect(led(without(all, new Set(["b", "c"])))).toEqual({ a: {} });
  });

  test("changes nothing where nothing of it is there", () => {
    expect(without(line, new Set(["x", TRIGGER]))).toBe(line);
    expect(without(line, new Set())).toBe(line);
  });

  test("leaves no arrow to what is gone, in whatever order nodes go", () => {
    for (let seed = 0; seed < 200; seed++) {
      const roll = dice(seed);
      const ids = Array.from({ length: 12 }, (_, index) => `n${index}`);
      let now = journey("n0", ...ids.map((id) => place(id, Object.fromEntries(["yes", "no"].slice(0, roll(3)).map((way) => [way, ids[roll(12)]!])), "control.condition")));
      while (now.nodes.length) {
        const gone = new Set(now.nodes.filter((_, index) => index === 0 || roll(4) === 0).map((one) => one.id));
        now = without(now, gone);
        const there = new Set(now.nodes.map((one) => one.id));
        expect([now.start, ...now.nodes.flatMap((one) => Object.values(one.next))].every((to) => to === null || there.has(to))).toBe(true);
      }
    }
  });
});

describe("copies", () => {
  const three = journey("a", place("a", { next: "b" }, "action.sms", { template: "t1" }), place("b", { next: "c" }, "action.sms"), place("c"));

  test("have new ids and the arrows among them, and no others", () => {
    const made = pasted(three, copied(three, new Set(["a", "b"])), { x: 40, y: 40 });
    expect(made.ids).toEqual(["sms", "sms_2"]);
    expect(led(made.journey)).toEqual({ ...led(three), sms: { next: "sms_2" }, sms_2: {} });
  });

  test("of copies have ids of their own again", () => {
    let now = three;
    const kept = copied(three, new Set(["a", "b"]));
    for (let turn = 0; turn < 5; turn++) now = pasted(now, kept, { x: 0, y: 0 }).journey;
    expect(new Set(now.nodes.map((one) => one.id)).size).toBe(3 + 10);
    expect([...now.nodes].filter((one) => Object.values(one.next).some((to) => !now.nodes.some((each) => each.id === to)))).toEqual([]);
  });

  test("keep a loop among them", () => {
    const loop = journey("a", place("a", { yes: "b", no: "a" }, "control.condition"), place("b", { next: "a" }));
    const made = pasted(journey(null), copied(loop, new Set(["a", "b"])), { x: 0, y: 0 });
    expect(led(made.journey)).toEqual({ condition: { yes: "note", no: "condition" }, note: { next: "condition" } });
  });

  test("are other things than what they were copied of", () => {
    const made = pasted(three, copied(three, new Set(["a"])), { x: 0, y: 0 }).journey;
    (made.nodes.at(-1)!.params as Record<string, string>)["template"] = "t9";
    expect(three.nodes[0]!.params).toEqual({ template: "t1" });
  });

  test("stand aside by what they are shifted", () => {
    const there = journey("a", { ...place("a"), position: { x: 10, y: 20 } });
    expect(pasted(there, copied(there, new Set(["a"])), { x: 40, y: 40 }).journey.nodes[1]!.position).toEqual({ x: 50, y: 60 });
  });

  test("come back from where they were kept; what is none of ours is passed over", () => {
    const kept = copied(three, new Set(["a", "b"]));
    expect(unfolded(JSON.stringify(kept))).toEqual(kept);
    for (const odd of [null, "", "{", "null", '"text"', "{}", "[null, 1, {}]", '[{"id":"a","type":"x"}]', '[{"id":"a","type":"x","params":[],"next":{}}]']) expect(unfolded(odd)).toEqual([]);
  });
});

describe("parameters", () => {
  const split = journey("s", place("s", { a: "x", b: "y", otherwise: "x" }, "control.split", { paths: [{ out: "a" }, { out: "b" }] }), place("x"), place("y"));

  test("take the arrow along that they made", () => {
    expect(led(withParams(split, "s", { paths: [{ out: "b" }] }))["s"]).toEqual({ b: "y", otherwise: "x" });
    expect(led(withParams(split, "s", { paths: null }))["s"]).toEqual({ otherwise: "x" });
  });

  test("that are something else leave the arrows, as a new label does", () => {
    expect(led(withParams(split, "s", { paths: [{ out: "b", label: "B" }, { out: "a" }] }))).toEqual(led(split));
  });

  test("of the trigger are the journey's", () => expect(withParams(split, TRIGGER, { channel: "sms" }).trigger.params).toEqual({ channel: "sms" }));
});

test("an arrow is drawn, turned and taken away, at the trigger too", () => {
  const two = journey(null, place("a"), place("b"));
  const drawn = connected(connected(two, TRIGGER, "start", "a"), "a", "next", "b");
  expect([drawn.start, target(drawn, "a", "next"), target(drawn, TRIGGER, "start")]).toEqual(["a", "b", "a"]);
  const away = connected(connected(drawn, "a", "next", null), TRIGGER, "start", null);
  expect([away.start, away.nodes[0]!.next]).toEqual([null, {}]);
});

test("what was chosen and is gone is not chosen any more", () => {
  const one = journey("a", place("a"));
  const both = new Set(["a", TRIGGER]);
  expect(among(one, both)).toBe(both);
  expect(among(one, new Set(["a", "b"]))).toEqual(new Set(["a"]));
});

describe("differences", () => {
  const before = journey("a", { ...place("a", { next: "b" }), position: { x: 0, y: 0 } }, place("b"));

  test("are none where only places and the order of keys differ", () => {
    const after = { ...before, nodes: before.nodes.map((one) => ({ next: one.next, params: one.params, type: one.type, id: one.id, position: { x: 9, y: 9 } })), description: "" };
    expect(differences(before, after)).toEqual([]);
  });

  test("tell what came, went, was set and was led elsewhere", () => {
    const after = { ...journey("b", place("a", {}, "action.note", { text: "Hi" }), place("c")), name: "K", settings: { again: true } };
    expect(differences(before, after).map((one) => [one.sort, one.what, one.id, one.fields.map((field) => field.name)])).toEqual([
      ["changed", "settings", "", ["name", "again"]],
      ["changed", "trigger", TRIGGER, ["start"]],
      ["removed", "node", "b", []],
      ["changed", "node", "a", ["→next", "text"]],
      ["added", "node", "c", []],
    ]);
  });

  test("nothing and null are the same, an empty list and an object are not", () => {
    expect(same({ a: null }, {})).toBe(true);
    expect(same([], {})).toBe(false);
    expect(same([1, [2]], [1, [2]])).toBe(true);
    expect(same({ a: 1 }, { a: "1" })).toBe(false);
    expect(same(null, false)).toBe(false);
  });
});

test("one reads from the trigger along the arrows, round no loop twice, what hangs loose last", () => {
  const all = journey("a", place("loose", { next: "b" }), place("c"), place("b", { next: "a" }), place("a", { yes: "b", no: "c", old: "gone" }, "control.condition"));
  expect(readingOrder(all).map((one) => one.id)).toEqual(["a", "b", "c", "loose"]);
  expect(reachable(all)).toEqual(new Set(["a", "b", "c"]));
});
