import { describe, expect, test } from "vitest";

import { changes, commandOf, type Act, type At, type Pressed } from "../../src/journey/keys";

const NODE: At = { typing: false, panel: false, node: true, some: true, reading: false };
const PAGE: At = { ...NODE, node: false, some: false };

function press(keys: string, at: At = NODE): Act | null {
  const parts = keys.split(" ");
  const pressed: Pressed = { key: parts.at(-1)!.replace("Space", " "), ctrlKey: parts.includes("Ctrl"), metaKey: parts.includes("Cmd"), altKey: parts.includes("Alt"), shiftKey: parts.includes("Shift") };
  return commandOf(pressed, at);
}

test.each<[string, Act]>([
  ["Ctrl z", "undo"], ["Cmd z", "undo"], ["Ctrl Shift Z", "redo"], ["Cmd Shift z", "redo"], ["Ctrl y", "redo"],
  ["Ctrl c", "copy"], ["Ctrl x", "cut"], ["Ctrl v", "paste"], ["Ctrl d", "duplicate"], ["Ctrl f", "find"],
  ["/", "find"], ["Shift ?", "help"], ["l", "tidy"], ["Shift L", "tidy"], ["a", "add"], ["+", "add"], ["c", "connect"],
  ["Delete", "remove"], ["Backspace", "remove"], ["Enter", "edit"], ["e", "edit"], ["Space", "choose"], ["Escape", "leave"],
  ["ArrowUp", "walk"], ["ArrowLeft", "walk"], ["Alt ArrowDown", "nudge"],
])("%s on a node means %s", (keys, act) => expect(press(keys)).toBe(act));

describe("the browser keeps", () => {
  test.each(["Ctrl r", "Ctrl t", "Ctrl p", "Ctrl Shift C", "Ctrl Shift V", "Ctrl Shift N", "Alt a", "Alt Enter", "F5", "q", "Tab", "Home"])("%s", (keys) => expect(press(keys)).toBe(null));

  test("every key that is written with AltGr", () => {
    for (const key of ["z", "y", "c", "v", "x", "d", "f", "@", "/", "ArrowUp"]) expect(press(`Ctrl Alt ${key}`)).toBe(null);
  });

  test("every key in a field, but Escape in one of the panel", () => {
    for (const key of ["a", "Delete", "Ctrl z", "Ctrl c", "Enter", "/", "ArrowDown", "Escape"]) expect(press(key, { ...NODE, typing: true })).toBe(null);
    expect(press("Escape", { ...NODE, typing: true, panel: true })).toBe("back");
    expect(press("Delete", { ...NODE, typing: true, panel: true })).toBe(null);
  });

  test("copying while text is marked, or nothing is chosen", () => {
    expect(press("Ctrl c", { ...NODE, reading: true })).toBe(null);
    expect(press("Ctrl x", { ...NODE, reading: true })).toBe(null);
    for (const keys of ["Ctrl c", "Ctrl x", "Ctrl d", "a", "c", "Delete", "Escape", "ArrowUp", "Enter", "Alt ArrowUp"]) expect(press(keys, PAGE)).toBe(null);
  });
});

test("what needs no node works anywhere on the page", () => {
  expect(["Ctrl z", "Ctrl v", "Ctrl f", "/", "l"].map((keys) => press(keys, PAGE))).toEqual(["undo", "paste", "find", "find", "tidy"]);
});

test("a button of the bar keeps Enter and the space bar", () => {
  const bar = { ...NODE, node: false };
  expect([press("Enter", bar), press("Space", bar), press("e", bar)]).toEqual([null, null, null]);
  expect(press("Delete", bar)).toBe("remove");
});

test("who may only look changes nothing by a key", () => {
  const looking: Act[] = ["copy", "find", "help", "edit", "choose", "leave", "back", "walk"];
  expect(looking.filter(changes)).toEqual([]);
  const changing: Act[] = ["undo", "redo", "cut", "paste", "duplicate", "tidy", "add", "connect", "remove", "nudge"];
  expect(changing.filter((act) => !changes(act))).toEqual([]);
});
