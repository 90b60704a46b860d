/** The journey editor: the canvas, what is chosen on it, and everything that can be done by mouse, touch and keys. */
import { ReactFlowProvider, useReactFlow } from "@xyflow/react";
import { useCallback, useMemo, useReducer, useRef, useState, type KeyboardEvent } from "react";

import { Asked, type Asking } from "./Asked";
import { Bar } from "./Bar";
import { Canvas } from "./Canvas";
import { useFaults, useFigures } from "./follow";
import { begun, changed, redone, stepped, undone } from "./history";
import { Help } from "./Help";
import { ARROWS, changes, commandOf, NEAR, usePageKeys } from "./keys";
import { GAP_Y, NODE_HEIGHT } from "./layout";
import {
  among,
  connected,
  copied,
  freshId,
  pasted,
  readingOrder,
  TRIGGER,
  unfolded,
  withNew,
  without,
  withParams,
  withPlace,
} from "./model";
import { Notes } from "./Notes";
import { counted, page, w } from "./page";
import { options, Palette } from "./Palette";
import { Panel, Several } from "./Panel";
import type { Option } from "./Picker";
import { clear, faultyAfter, freePlace, neighbour, openWays, positions, rounded, tidied, waysAt, waysOfNew } from "./places";
import { Publish } from "./Publish";
import { useSaved } from "./save";
import { Simulate } from "./Simulate";
import type { Fault, Figures, Journey, Kind, Place, Point } from "./types";
import { Versions } from "./Versions";
import { defaultsOf } from "./wording";

type Open = Asking | { what: "versions" | "simulate" | "publish" | "help" };

const CLIPBOARD = "rr-journey-nodes";
const NO_FAULTS: Fault[] = [];

export function Editor() {
  return (
    <ReactFlowProvider>
      <Desk />
    </ReactFlowProvider>
  );
}

function Desk() {
  const flow = useReactFlow();
  const [history, step] = useReducer(
    (before: ReturnType<typeof begun>, act: (history: ReturnType<typeof begun>) => ReturnType<typeof begun>) => act(before),
    page.document,
    begun,
  );
  const journey = history.now;
  // One that is empty begins with what starts it.
  const [picked, setSelected] = useState<ReadonlySet<string>>(new Set(page.document.nodes.length ? [] : [TRIGGER]));
  const selected = useMemo(() => among(journey, picked), [journey, picked]);
  const [open, setOpen] = useState<Open | null>(null);
  const [found, setFound] = useState<ReadonlySet<string>>(new Set());
  const [said, setSaid] = useState("");
  const [palette, setPalette] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const live = useFigures();
  const [played, setPlayed] = useState<Figures | null>(null);
  const figures = played ?? live;
  const saved = useSaved(journey, (theirs) => step((before) => stepped(before, theirs)));
  const told = useFaults(journey);
  // What is put away need not be mended.
  const faults = page.state === "archived" ? NO_FAULTS : told;
  const editable = page.may.edit && page.state !== "archived";
  const chosen = selected.size === 1 ? [...selected][0]! : null;

  const change = useCallback((make: (journey: Journey) => Journey, mark = "") => step((before) => changed(before, make, mark)), []);
  const choose = useCallback((id: string | null) => setSelected(id ? new Set([id]) : new Set()), []);

  /** Puts the focus on a node, and the node into view. */
  const goTo = useCallback(
    (id: string) => {
      choose(id);
      // Drawn first: a node that was just made is not there yet.
      requestAnimationFrame(() => {
        requestAnimationFrame(() => {
          const node = box.current?.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"]`);
          node?.focus({ preventScroll: true });
          const inner = flow.getInternalNode(id);
          const pane = box.current?.querySelector(".react-flow")?.getBoundingClientRect();
          if (!inner || !pane) return;
          const { x, y } = flow.flowToScreenPosition(inner.internals.positionAbsolute);
          const zoom = flow.getZoom();
          const [width, height] = [(inner.measured.width ?? 240) * zoom, (inner.measured.height ?? NODE_HEIGHT) * zoom];
          const inside = x >= pane.left + NEAR && y >= pane.top + NEAR && x + width <= pane.right - NEAR && y + height <= pane.bottom - NEAR;
          const { x: left, y: top } = inner.internals.positionAbsolute;
          if (!inside) void flow.setCenter(left + 120, top + NODE_HEIGHT / 2, { zoom: Math.max(zoom, 0.6), duration: 0 });
        });
      });
    },
    [choose, flow],
  );

  const add = useCallback(
    (kind: Kind, node: string, way: string) => {
      const id = freshId(journey, kind.type);
      const place: Place = { id, type: kind.type, params: defaultsOf(kind.params), next: {} };
      const free = !journey.nodes.some((one) => one.position);
      const at = positions(journey).get(node);
      if (!free && at) place.position = clear(journey, { x: at.x, y: at.y + NODE_HEIGHT + GAP_Y }, waysOfNew(place).length);
      change((before) => withNew(before, place, { node, way }, waysOfNew(place)[0] ?? null));
      setSaid(w("added", { node: kind.label }));
      goTo(id);
    },
    [change, goTo, journey],
  );

  const remove = useCallback(
    (ids: ReadonlySet<string>) => {
      const gone = new Set([...ids].filter((id) => id !== TRIGGER));
      if (!gone.size) return;
      const before = readingOrder(journey);
      const first = before.findIndex((one) => gone.has(one.id));
      const next = before.slice(0, first).findLast((one) => !gone.has(one.id))?.id ?? TRIGGER;
      change((now) => without(now, gone));
      setSaid(counted("removed", gone.size));
      goTo(next);
    },
    [change, goTo, journey],
  );

  const taken = useCallback(
    (ids: ReadonlySet<string>) => {
      const where = positions(journey);
      return copied(journey, ids).map((one) => ({ ...one, position: where.get(one.id)! }));
    },
    [journey],
  );

  const copy = useCallback(
    (ids: ReadonlySet<string>) => {
      const places = taken(ids);
      if (!places.length) return;
      // Kept by the browser, so that nodes go from one journey to another as well.
      localStorage.setItem(CLIPBOARD, JSON.stringify(places));
      setSaid(counted("copied", places.length));
    },
    [taken],
  );

  const paste = useCallback(
    (places: Place[]) => {
      if (!places.length) return;
      const free = !journey.nodes.some((one) => one.position);
      const made = pasted(journey, free ? places.map(({ position: _, ...one }) => one) : places, { x: 40, y: 40 });
      change(() => made.journey);
      setSelected(new Set(made.ids));
      setSaid(counted("pasted", made.ids.length));
      if (made.ids[0]) goTo(made.ids[0]);
      setSelected(new Set(made.ids));
    },
    [change, goTo, journey],
  );

  const duplicate = (ids: ReadonlySet<string>) => paste(taken(ids));

  const onAdd = useCallback((node: string, way: string) => setOpen({ what: "add", node, way }), []);
  const onConnect = useCallback((node: string, way: string, to: string | null) => change((before) => connected(before, node, way, to)), [change]);
  const onMove = useCallback(
    (moved: Map<string, Point>) =>
      change((before) => {
        const where = positions(before);
        return { ...before, nodes: before.nodes.map((one) => ({ ...one, position: rounded(moved.get(one.id) ?? where.get(one.id)!) })) };
      }),
    [change],
  );
  const tidy = () => {
    change((before) => {
      const where = tidied(before);
      return { ...before, nodes: before.nodes.map((one) => ({ ...one, position: where.get(one.id)! })) };
    });
    requestAnimationFrame(() => void flow.fitView({ padding: 0.15, maxZoom: 1 }));
  };

  const edit = useCallback((id: string) => {
    choose(id);
    requestAnimationFrame(() => {
      const panel = document.getElementById("rr-jn-panel");
      const all = "input:not([disabled]), select:not([disabled]), textarea:not([disabled]), button:not([disabled])";
      const field = [...(panel?.querySelectorAll<HTMLElement>(all) ?? [])].find((one) => !one.closest(".rr-jn-panel-head, :disabled"));
      (field ?? panel)?.focus();
    });
  }, [choose]);

  /** After which arrow something is put when nobody has said which: the first that leads nowhere, else the first. */
  const ask = (node: string, then: "add" | "connect") => {
    const free = openWays(journey, node);
    const ways = waysAt(journey, node);
    if (!ways.length) return setSaid(w("noWay"));
    const one = free.length === 1 ? free[0] : ways.length === 1 ? ways[0]!.name : undefined;
    setOpen(one !== undefined ? { what: then, node, way: one } : { what: "way", node, then });
  };

  const onKeys = (event: KeyboardEvent) => {
    const on = event.target as HTMLElement;
    const field = on.closest("input, select, textarea, dialog");
    const focused = on.closest<HTMLElement>(".react-flow__node")?.dataset["id"];
    const here = focused ?? chosen;
    const ids: ReadonlySet<string> = selected.size ? selected : here ? new Set([here]) : new Set();
    const act = commandOf(event, {
      typing: !!field,
      panel: !!field?.closest(".rr-jn-panel"),
      node: !!focused,
      some: !!ids.size,
      reading: !window.getSelection()?.isCollapsed,
    });
    if (!act) return;
    event.preventDefault();
    if (changes(act) && !editable) return;
    switch (act) {
      case "undo":
        return step(undone);
      case "redo":
        return step(redone);
      case "copy":
        return copy(ids);
      case "cut":
        return copy(ids), remove(ids);
      case "paste":
        return paste(unfolded(localStorage.getItem(CLIPBOARD)));
      case "duplicate":
        return duplicate(ids);
      case "find":
      case "help":
        return setOpen({ what: act });
      case "tidy":
        return tidy();
      case "add":
      case "connect":
        return here ? ask(here, act) : undefined;
      case "remove":
        return remove(ids);
      case "edit":
        return focused ? edit(focused) : undefined;
      case "choose":
        return choose(focused ?? null);
      case "back":
        return chosen ? goTo(chosen) : undefined;
      case "leave":
        return choose(null);
      case "nudge":
        return nudge(ids, ARROWS[event.key]!);
      case "walk": {
        const to = here ? neighbour(journey, here, ARROWS[event.key]!) : null;
        return to ? goTo(to) : undefined;
      }
    }
  };

  const nudge = (ids: ReadonlySet<string>, by: Point) => {
    const where = positions(journey);
    onMove(new Map([...ids].map((id) => [id, { x: where.get(id)!.x + by.x, y: where.get(id)!.y + by.y }])));
    setSaid(w("moved"));
  };

  usePageKeys(onKeys);
  const kinds: Option[] = useMemo(() => options(page.catalogue.nodes), []);

  return (
    <div className="rr-jn" ref={box} onKeyDown={onKeys}>
      <Bar
        editable={editable}
        adding={palette}
        onAdd={() => (chosen ? ask(chosen, "add") : setPalette(!palette))}
        onUndo={history.past.length ? () => step(undone) : null}
        onRedo={history.future.length ? () => step(redone) : null}
        onTidy={tidy}
        onOpen={(what) => setOpen({ what })}
        onJourney={() => choose(null)}
        whole={!selected.size}
        state={saved.words}
        faults={faults}
        onFault={() => {
          const next = faultyAfter(journey, faults, chosen);
          if (next) goTo(next);
          else choose(null);
        }}
      />
      <Notes saved={saved} played={!!played} onLive={() => setPlayed(null)} />
      <div className={`rr-jn-body${editable ? "" : " is-read-only"}`}>
        {editable && (
          <aside className={`rr-jn-palette${palette ? " is-open" : ""}`} aria-label={w("palette")}>
            <Palette
              kinds={kinds}
              onPick={(type) => {
                setPalette(false);
                const kind = page.catalogue.nodes.find((one) => one.type === type)!;
                const after = freePlace(journey, chosen);
                add(kind, after.node, after.way);
              }}
            />
          </aside>
        )}
        <div className="rr-jn-canvas" role="region" aria-label={w("canvas")}>
          <Canvas
            journey={journey}
            selected={selected}
            faults={faults}
            figures={figures}
            found={found}
            editable={editable}
            onSelect={setSelected}
            onOpen={edit}
            onMove={onMove}
            onConnect={onConnect}
            onAdd={onAdd}
          />
        </div>
        <div className={`rr-jn-side${selected.size ? " is-open" : ""}`}>
          {selected.size > 1 ? (
            <Several many={selected.size} onCopy={() => copy(selected)} onDelete={editable ? () => remove(selected) : null} />
          ) : (
            <Panel
              key={chosen ?? "journey"}
              journey={journey}
              id={chosen}
              faults={faults}
              figures={figures}
              editable={editable}
              onParams={(id, changes, mark) => change((before) => withParams(before, id, changes), mark)}
              onTitle={(id, title) => change((before) => withPlace(before, id, (one) => ({ ...one, title })), `${id}.title`)}
              onTrigger={(type) => {
                const kind = page.catalogue.triggers.find((one) => one.type === type);
                change((before) => ({ ...before, trigger: { type, params: defaultsOf(kind?.params ?? []) } }));
              }}
              onSettings={(changes) => change((before) => ({ ...before, settings: { ...before.settings, ...changes } }), `settings.${Object.keys(changes).join()}`)}
              onEntry={(entry) => change((before) => ({ ...before, entry }), "entry")}
              onName={(name) => change((before) => ({ ...before, name }), "name")}
              onScope={(campaigns) => change((before) => ({ ...before, scope: { ...before.scope, campaigns } }), "campaigns")}
              onConnect={onConnect}
              onAdd={onAdd}
              onDelete={(id) => remove(new Set([id]))}
              onDuplicate={(id) => duplicate(new Set([id]))}
              onClose={() => (chosen ? (goTo(chosen), choose(null)) : undefined)}
              onSelect={goTo}
            />
          )}
        </div>
      </div>
      <div className="visually-hidden" role="status" aria-live="polite">
        {said}
      </div>
      {(open?.what === "add" || open?.what === "connect" || open?.what === "way" || open?.what === "find") && (
        <Asked
          key={open.what}
          open={open}
          journey={journey}
          kinds={kinds}
          onOpen={setOpen}
          onAdd={add}
          onConnect={(node, way, to) => {
            onConnect(node, way, to);
            setSaid(w("connectedTo"));
            goTo(node);
          }}
          onFind={(id) => {
            setFound(new Set([id]));
            goTo(id);
          }}
        />
      )}
      {open?.what === "help" && <Help editable={editable} onClose={() => setOpen(null)} />}
      {open?.what === "versions" && (
        <Versions
          journey={journey}
          editable={editable}
          onClose={() => setOpen(null)}
          onRestore={(document) => {
            change(() => document);
            setOpen(null);
          }}
        />
      )}
      {open?.what === "simulate" && <Simulate journey={journey} flush={saved.flush} onClose={() => setOpen(null)} onFigures={setPlayed} />}
      {open?.what === "publish" && <Publish faults={faults} flush={saved.flush} onClose={() => setOpen(null)} onFault={(id) => (setOpen(null), goTo(id))} />}
    </div>
  );
}
