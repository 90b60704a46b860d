import { expect, test } from "vitest";

import { begun, changed, redone, stepped, undone, type History } from "../../src/journey/history";
import { withPlace, without } from "../../src/journey/model";
import { dice, journey, place } from "./made";

const first = journey("a", place("a", { next: "b" }), place("b"));
const titled = (title: string) => (before: typeof first) => withPlace(before, "a", (one) => ({ ...one, title }));

test("undo and redo go through renames and deletes to the very documents that were", () => {
  let history = begun(first);
  history = changed(history, titled("One"), "a.title");
  const named = history.now;
  history = changed(history, (now) => without(now, new Set(["a"])));
  const cut = history.now;
  history = undone(history);
  expect(history.now).toBe(named);
  history = undone(history);
  expect(history.now).toBe(first);
  history = redone(redone(history));
  expect(history.now).toBe(cut);
  expect(redone(history)).toBe(history);
});

test("what is typed in one field is one step; in another, or after an undo, a step of its own", () => {
  let history = begun(first);
  for (const word of ["W", "We", "Wel"]) history = changed(history, titled(word), "a.title");
  history = changed(history, (now) => ({ ...now, name: "N" }), "name");
  expect(history.past).toHaveLength(2);
  history = undone(history);
  expect(history.now.nodes[0]!.title).toBe("Wel");
  history = changed(history, titled("Well"), "a.title");
  expect(undone(history).now.nodes[0]!.title).toBe("Wel");
});

test("a change after an undo ends what could be redone, in the same field too", () => {
  let history = changed(begun(first), titled("A"), "a.title");
  history = changed(undone(history), titled("B"), "a.title");
  expect(history.future).toEqual([]);
  history = undone(changed(history, titled("C")));
  expect(stepped(history, titled("D")(history.now), "x").future).toEqual([]);
});

test("a change that changes nothing is no step and leaves what can be redone", () => {
  const history = undone(changed(begun(first), titled("A")));
  expect(changed(history, (now) => structuredClone(now))).toBe(history);
  expect(changed(history, (now) => now)).toBe(history);
});

test("two hundred steps are kept, and the oldest of them is where undo ends", () => {
  let history = begun(first);
  for (let step = 1; step <= 250; step++) history = changed(history, titled(String(step)));
  expect(history.past).toHaveLength(200);
  for (let step = 0; step < 250; step++) history = undone(history);
  expect(history.now.nodes[0]!.title).toBe("50");
  for (let step = 0; step < 250; step++) history = redone(history);
  expect(history.now.nodes[0]!.title).toBe("250");
});

test("whatever is done, undo takes it back step by step and redo brings it again", () => {
  for (let seed = 0; seed < 50; seed++) {
    const roll = dice(seed);
    let history: History = begun(first);
    const were = [first];
    for (let step = 0; step < 30; step++) {
      history = changed(history, titled(`${step}`));
      were.push(history.now);
      if (roll(3) === 0 && history.past.length) {
        const back = 1 + roll(history.past.length);
        for (let turn = 0; turn < back; turn++) history = undone(history);
        expect(history.now).toBe(were[were.length - 1 - back]);
        const again = roll(back + 1);
        for (let turn = 0; turn < again; turn++) history = redone(history);
        were.length -= back - again;
        expect(history.now).toBe(were.at(-1));
      }
    }
  }
});
