import { expect, test } from "vitest";

import { page } from "../../src/journey/page";
import { options } from "../../src/journey/Palette";
import { matching } from "../../src/journey/Picker";

const all = [
  { key: "wait", label: "Vent på en SMS", group: "Venter", help: "" },
  { key: "send", label: "Send en SMS", group: "Beskeder", help: "Til kontaktens mobil." },
  { key: "sms", label: "SMS-svar", group: "Beskeder", help: "" },
  { key: "mail", label: "Send en e-mail", group: "Beskeder", help: "Ikke en sms." },
  { key: "aa", label: "Åbn opgave", group: "Emner", help: "" },
];
const keys = (query: string) => matching(all, query).map((one) => one.key);

test("nothing asked is everything in its order", () => {
  expect(matching(all, "")).toBe(all);
  expect(matching(all, "   ")).toBe(all);
});

test("what begins so comes first, what is called so next, what is only described so last; else in the given order", () => {
  expect(keys("sms")).toEqual(["sms", "wait", "send", "mail"]);
});

test("each word may stand anywhere, in any order and however far apart", () => {
  expect(keys("sms send")).toEqual(["send", "mail"]);
  expect(keys("  SEND   en ")).toEqual(["send", "mail"]);
  expect(keys("beskeder mobil")).toEqual(["send"]);
  expect(keys("åbn")).toEqual(["aa"]);
  expect(keys("sms brev")).toEqual([]);
});

test("the list that was given stays as it was", () => {
  const before = all.map((one) => one.key);
  keys("sms");
  expect(all.map((one) => one.key)).toEqual(before);
});

test("the palette stands in the order of the sections and is searched by their names too", () => {
  const kinds = options(page.catalogue.nodes);
  expect([...new Set(kinds.map((one) => one.group))]).toEqual(["Lead", "Messages", "Waits", "Control"]);
  expect(matching(kinds, "messages").map((one) => one.key)).toEqual(["action.sms", "action.email"]);
});
