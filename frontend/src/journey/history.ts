/** Undo and redo over whole documents: they share what did not change. */
import { same } from "./model";
import type { Journey, Json } from "./types";

export type History = { past: Journey[]; now: Journey; future: Journey[]; mark: string };

const DEEPEST = 200;

export function begun(now: Journey): History {
  return { past: [], now, future: [], mark: "" };
}

/** `mark` names what is being typed in: changes with the same mark are one step, so that undo takes back a word. */
export function stepped(history: History, now: Journey, mark = ""): History {
  if (now === history.now) return history;
  if (mark && mark === history.mark) return { ...history, now, future: [] };
  return { past: [...history.past, history.now].slice(-DEEPEST), now, future: [], mark };
}

/** As `stepped`, by a change; one that changes nothing is no step. */
export function changed(history: History, make: (journey: Journey) => Journey, mark = ""): History {
  const now = make(history.now);
  return same(now as Json, history.now as Json) ? history : stepped(history, now, mark);
}

export function undone(history: History): History {
  const before = history.past.at(-1);
  if (!before) return history;
  return { past: history.past.slice(0, -1), now: before, future: [history.now, ...history.future], mark: "" };
}

export function redone(history: History): History {
  const [after, ...future] = history.future;
  if (!after) return history;
  return { past: [...history.past, history.now], now: after, future, mark: "" };
}
