/** The draft saves itself. Two managers at one journey: the second is told, and both drafts can be had again by undo. */
import { useCallback, useEffect, useRef, useState } from "react";

import { ask, moment, page, Refused, w } from "./page";
import type { Journey } from "./types";

const REST_MS = 800;
const AGAIN_MS = 5000;

type Saved = { revision: number };
type Conflict = { at: string; document: Journey; revision: number };

export function useSaved(journey: Journey, put: (document: Journey) => void) {
  const [state, setState] = useState<"saved" | "changed" | "saving" | "failed" | "refused">("saved");
  const [why, setWhy] = useState("");
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const revision = useRef(page.revision);
  const kept = useRef(journey); // what the server has
  const now = useRef(journey);
  const timer = useRef(0);
  const under = useRef<Promise<void> | null>(null);
  const stopped = useRef(false);
  now.current = journey;

  const send = useCallback(async (): Promise<void> => {
    if (stopped.current || now.current === kept.current) return;
    const sent = now.current;
    setState("saving");
    try {
      const answer = await ask<Saved>("PUT", page.addresses.draft, { document: sent, revision: revision.current });
      revision.current = answer.revision;
      kept.current = sent;
      setState(now.current === sent ? "saved" : "changed");
    } catch (wrong) {
      const refused = wrong instanceof Refused ? wrong : new Refused(0, "", String(wrong), {});
      setWhy(refused.message);
      if (refused.status === 409 && refused.code === "changed_meanwhile") {
        stopped.current = true;
        setState("refused");
        const theirs = await ask<{ document: Journey; revision: number; at: string }>("GET", page.addresses.draft);
        setConflict({ at: moment(theirs.at), document: theirs.document, revision: theirs.revision });
      } else if (refused.status >= 400 && refused.status < 500) setState("refused");
      else {
        setState("failed");
        clearTimeout(timer.current);
        timer.current = window.setTimeout(() => void begin(), AGAIN_MS);
      }
    }
  }, []);

  // One at a time: the revision of the next is what the one before was answered.
  const begin = useCallback((): Promise<void> => {
    under.current = (under.current ?? Promise.resolve()).then(send).catch(() => undefined);
    return under.current;
  }, [send]);

  useEffect(() => {
    if (journey === kept.current || stopped.current) return;
    setState("changed");
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => void begin(), REST_MS);
  }, [journey, begin]);

  useEffect(() => {
    const leaving = (event: BeforeUnloadEvent) => {
      if (now.current === kept.current) return;
      void begin();
      event.preventDefault();
    };
    window.addEventListener("beforeunload", leaving);
    return () => window.removeEventListener("beforeunload", leaving);
  }, [begin]);

  const settle = (theirs: Conflict) => {
    revision.current = theirs.revision;
    kept.current = theirs.document;
    stopped.current = false;
    setConflict(null);
  };
  return {
    words: { saved: w("saved"), changed: w("changed"), saving: w("saving"), failed: w("saveFailed"), refused: why || w("refused") }[state],
    conflict,
    /** Everything that was done is on the server, or an error is thrown. */
    flush: async () => {
      clearTimeout(timer.current);
      await begin();
      if (now.current !== kept.current) throw new Refused(409, "unsaved", w("notSaved"), {});
    },
    takeTheirs: () => {
      if (!conflict) return;
      settle(conflict);
      setState("saved");
      put(conflict.document); // a step as any other: undo brings back what was here
    },
    keepMine: () => {
      if (!conflict) return;
      const mine = now.current;
      settle(conflict);
      put(conflict.document); // theirs first, then mine over it: both are in the history
      queueMicrotask(() => put({ ...mine }));
    },
  };
}
