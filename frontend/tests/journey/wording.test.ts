import { describe, expect, test } from "vitest";

import { plain } from "../../src/journey/follow";
import { differences, TRIGGER } from "../../src/journey/model";
import { counted, page, w } from "../../src/journey/page";
import { choicesFor, conditionWords, defaultsOf, paramWords, plainWords, summary, told } from "../../src/journey/wording";
import type { Params } from "../../src/journey/types";
import { journey, place } from "./made";

const kind = (type: string) => page.catalogue.nodes.find((one) => one.type === type)!;
const is = (path: string, op: string, value: string | number | boolean | string[]) => ({ path, op, value });
const fresh = is("lead.status", "eq", "new");
const tried = is("lead.attempts", "gte", 1000);

describe("a condition in words", () => {
  test("names the fact, the operator and what it may be", () => {
    expect(conditionWords(fresh)).toBe("Status is Untouched");
    expect(conditionWords(is("lead.status", "in", ["new", "success"]))).toBe("Status is one of Untouched, Success");
    expect(conditionWords(tried)).toBe("Attempts is at least 1,000");
    expect(conditionWords(is("lead.campaign", "eq", "c1"))).toBe("Campaign is Spring");
  });
  test("puts a group in brackets within another and nowhere else", () => {
    expect(conditionWords({ all: [fresh, { any: [tried, fresh] }] })).toBe("Status is Untouched and (Attempts is at least 1,000 or Status is Untouched)");
    expect(conditionWords({ all: [{ any: [fresh, tried] }] })).toBe("Status is Untouched or Attempts is at least 1,000");
    expect(conditionWords({ not: { any: [fresh, tried] } })).toBe("not (Status is Untouched or Attempts is at least 1,000)");
  });
  test("says whether there is a value", () => {
    expect(conditionWords({ path: "lead.status", op: "exists" })).toBe("Status has a value");
    expect(conditionWords(is("lead.status", "exists", false))).toBe("Status has no value");
  });
  test("counts events", () => {
    const count = { count: { event: "message.opened", within: { n: 3, unit: "days" } }, op: "gte", value: 2 };
    expect(conditionWords(count)).toBe("A message is opened within 3 days is at least 2");
  });
  test("that is not whole yet is told as far as it goes", () => {
    expect(conditionWords({ path: "lead.status", op: "eq" })).toBe("Status is …");
    expect(conditionWords({ path: "fields.gone", op: "odd", value: 1 })).toBe("fields.gone odd 1");
    for (const odd of [null, "x", 3, [], { all: [] }]) expect(conditionWords(odd)).toBe("");
  });
});

describe("the line below a node's name", () => {
  const line = (type: string, params = {}) => summary(kind(type), params);
  test("is what is set and what cannot be left out", () => {
    expect(line("action.sms", { template: "t1", again: true })).toBe("Welcome · Again to the same");
    expect(line("action.sms", { template: "t1", again: false })).toBe("Welcome");
    expect(line("wait.for")).toBe("1 day");
    expect(summary(undefined, { a: 1 })).toBe("");
  });
  test("leaves out what is not asked", () => {
    const time = { n: 2, unit: "days" };
    expect(line("wait.event", { event: { type: "lead.created" }, time })).toBe("A lead is made · 2 days");
    expect(line("wait.event", { event: { type: "message.opened", params: { channel: "sms" } }, limited: false, time })).toBe("A message is opened: SMS");
  });
  test("says of what a number is", () => {
    const most = { name: "most", type: "int", label: "Rounds at most", required: false, default: 3 };
    expect(summary({ params: [most] }, { most: 1200 })).toBe("Rounds at most: 1,200");
    expect(summary({ params: [most] }, { most: 3 })).toBe("");
  });
  test("tells what is gone by its id", () => expect(line("action.sms", { template: "deleted" })).toBe("deleted"));
});

test("what is left out in one version and has its default in the other is no difference", () => {
  const sms = (params: Params) => journey("a", place("a", {}, "action.sms", { template: "t1", ...params }));
  expect(differences(sms({}), sms({ again: false }))).toHaveLength(1);
  expect(told(differences(sms({}), sms({ again: false })))).toEqual([]);
  expect(told(differences(sms({}), sms({ again: true }))).map((one) => one.fields.map((field) => field.name))).toEqual([["again"]]);
});

test("a parameter is chosen from what fits it", () => {
  expect(choicesFor(kind("action.sms").params[0]!).map((one) => one.value)).toEqual(["t1"]);
  expect(paramWords({ name: "n", type: "int_or_max", label: "n" }, "max")).toBe("as many as the campaign has");
  expect(paramWords({ name: "m", type: "campaign_map", label: "m", default: "lead.status" }, { new: "c1" })).toBe("Untouched → Spring");
});

test("any value can be told, however odd", () => {
  expect(plainWords([true, null, 1234.5, { out: "a", label: "Half", weight: 50 }, { b: { n: 1, unit: "days" } }])).toBe("yes, –, 1,234.5, Half: 50, b: 1 day");
});

test("a new node begins with what it cannot be without, and with its own", () => {
  const made = defaultsOf(kind("wait.for").params);
  expect(made).toEqual({ time: { n: 1, unit: "days" } });
  expect(made["time"]).not.toBe(kind("wait.for").params[0]!.default);
  expect(defaultsOf(kind("action.sms").params)).toEqual({});
});

test("a sentence takes its values as they are and keeps a place nobody fills", () => {
  expect(w("missing", { field: "$& {x}" })).toBe("$& {x} is missing.");
  expect(w("missing")).toBe("{field} is missing.");
  expect([counted("copied", 1), counted("copied", 1200)]).toEqual(["One copied", "1,200 copied"]);
});

describe("plain faults", () => {
  const codes = (of: ReturnType<typeof journey>) => plain(of).map((one) => [one.node, one.code, one.param ?? null]);
  test("are what is not set and what nothing leads to", () => {
    expect(codes(journey("a", place("a"), place("b", {}, "action.note", { text: "Hi" })))).toEqual([["a", "required", "text"], ["b", "unreachable", null]]);
    expect(codes(journey(null))).toEqual([[TRIGGER, "no_start", null]]);
  });
  test("are not what has a default, or is not asked", () => {
    expect(codes(journey("a", place("a", {}, "wait.for")))).toEqual([]);
    const event = { type: "lead.created" };
    expect(codes(journey("a", place("a", {}, "wait.event", { event, limited: false })))).toEqual([]);
    expect(codes(journey("a", place("a", {}, "wait.event", { event })))).toEqual([["a", "required", "time"]]);
  });
  test("tell a list with nothing in it, and hold in a loop", () => {
    expect(codes(journey("a", place("a", { next: "b" }, "action.note", { text: "x" }), place("b", { otherwise: "a" }, "control.split", { paths: [] })))).toEqual([["b", "required", "paths"]]);
  });
  test("know that the trigger leads to nothing where what it led to is gone", () => {
    expect(codes(journey("gone", place("a", {}, "action.note", { text: "x" })))).toEqual([["a", "unreachable", null], [TRIGGER, "no_start", null]]);
  });
});
