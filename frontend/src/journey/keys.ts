/** The editor's keys: what each means, and that they are heard. */
import { useEffect, useRef, type KeyboardEvent } from "react";

import type { Point } from "./types";

export const NEAR = 20;

export const ARROWS: Record<string, Point> = {
  ArrowUp: { x: 0, y: -NEAR },
  ArrowDown: { x: 0, y: NEAR },
  ArrowLeft: { x: -NEAR, y: 0 },
  ArrowRight: { x: NEAR, y: 0 },
};

export type Pressed = { key: string; ctrlKey: boolean; metaKey: boolean; altKey: boolean; shiftKey: boolean };

/** Where the focus is: in a field; in a field of the panel; on a node. `some`: there is a node that a key could mean.
 *  `reading`: text on the page is marked, which is what copying means then. */
export type At = { typing: boolean; panel: boolean; node: boolean; some: boolean; reading: boolean };

export type Act = Change | "copy" | "find" | "help" | "edit" | "choose" | "leave" | "back" | "walk";
type Change = "undo" | "redo" | "cut" | "paste" | "duplicate" | "tidy" | "add" | "connect" | "remove" | "nudge";

const CHANGES: ReadonlySet<string> = new Set<Change>(["undo", "redo", "cut", "paste", "duplicate", "tidy", "add", "connect", "remove", "nudge"]);

/** Whether it is for those who may change the journey. */
export function changes(act: Act): boolean {
  return CHANGES.has(act);
}

/** What a key means there; null leaves it to the browser. */
export function commandOf(pressed: Pressed, at: At): Act | null {
  const held = pressed.ctrlKey || pressed.metaKey;
  const key = pressed.key.toLowerCase();
  if (at.typing) return at.panel && key === "escape" ? "back" : null;
  // AltGr, by which letters and signs are written on many keyboards, is both.
  if (held && pressed.altKey) return null;
  if (held && pressed.shiftKey) return key === "z" ? "redo" : null;
  if (held) {
    if (key === "z") return "undo";
    if (key === "y") return "redo";
    if (key === "v") return "paste";
    if (key === "f") return "find";
    if (!at.some) return null;
    if (key === "d") return "duplicate";
    if (at.reading) return null;
    if (key === "c") return "copy";
    return key === "x" ? "cut" : null;
  }
  const by = ARROWS[pressed.key];
  if (pressed.altKey) return by && at.some ? "nudge" : null;
  if (key === "/") return "find";
  if (key === "?") return "help";
  if (key === "l") return "tidy";
  if (!at.some) return null;
  if (key === "a" || key === "+") return "add";
  if (key === "c") return "connect";
  if (key === "delete" || key === "backspace") return "remove";
  if (at.node && (key === "enter" || key === "e")) return "edit";
  if (at.node && key === " ") return "choose";
  if (key === "escape") return "leave";
  return by ? "walk" : null;
}

/** The editor's keys work wherever the focus is on the page, as long as nothing else has them. */
export function usePageKeys(onKeys: (event: KeyboardEvent) => void): void {
  const keys = useRef(onKeys);
  keys.current = onKeys;
  useEffect(() => {
    const listen = (event: globalThis.KeyboardEvent) => {
      if (event.target === document.body) keys.current(event as unknown as KeyboardEvent);
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
}
