/** Journeys for the tests, in one line each. */
import type { Journey, Params, Place } from "../../src/journey/types";

export function place(id: string, next: Record<string, string> = {}, type = "action.note", params: Params = {}): Place {
  return { id, type, params, next };
}

export function journey(start: string | null, ...nodes: Place[]): Journey {
  return { name: "J", scope: { campaigns: [] }, trigger: { type: "lead.created", params: {} }, entry: null, settings: {}, nodes, start };
}

export function led(of: Journey): Record<string, Record<string, string>> {
  return Object.fromEntries(of.nodes.map((one) => [one.id, one.next]));
}

/** Dice that fall the same way each time. */
export function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
