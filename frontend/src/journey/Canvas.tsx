import "@xyflow/react/dist/base.css";

import {
  Background,
  Controls,
  MarkerType,
  MiniMap,
  ReactFlow,
  type Connection,
  type Edge,
  type Node,
  type NodeChange,
  type OnConnectEnd,
  type OnReconnect,
  useReactFlow,
} from "@xyflow/react";
import { useCallback, useMemo, useRef, useState } from "react";

import { NODE_HEIGHT, nodeWidth } from "./layout";
import { START, TRIGGER } from "./model";
import { PlaceNode, type Drawn, type DrawnNode } from "./Node";
import { grouped, page, w } from "./page";
import { openWays, positions, triggerKind, waysAt } from "./places";
import type { Fault, Figures, Journey, Place, Point } from "./types";
import { summary } from "./wording";

// What React Flow is given stays the same from one picture to the next: anything made anew while a node is dragged would
// have it draw all nodes, arrows and the overview again.
const NODE_TYPES = { place: PlaceNode };
const FIT = { padding: 0.15, maxZoom: 1 };
const READABLE = 0.6;
const SEVERAL = ["Meta", "Control"];
const OPTIONS = { hideAttribution: true };
const LABELS = {
  "controls.ariaLabel": w("zoom"),
  "controls.zoomIn.ariaLabel": w("zoomIn"),
  "controls.zoomOut.ariaLabel": w("zoomOut"),
  "controls.fitView.ariaLabel": w("zoomFit"),
  "minimap.ariaLabel": w("overview"),
  "handle.ariaLabel": w("arrow"),
};
const markOf = (node: Node): string => `rr-jn-${(node as DrawnNode).data.group}`;

type Props = {
  journey: Journey;
  selected: ReadonlySet<string>;
  faults: Fault[];
  figures: Figures;
  found: ReadonlySet<string>;
  editable: boolean;
  onSelect: (ids: ReadonlySet<string>) => void;
  onOpen: (id: string) => void;
  onMove: (moved: Map<string, Point>) => void;
  onConnect: (node: string, way: string, to: string | null) => void;
  onAdd: (node: string, way: string) => void;
};

export function Canvas(props: Props) {
  const { journey, selected, faults, figures, found, editable, onSelect, onOpen, onMove, onConnect, onAdd } = props;
  const flow = useReactFlow();
  const [dragged, setDragged] = useState<ReadonlyMap<string, Point>>(new Map());
  const [measured, setMeasured] = useState<ReadonlyMap<string, { width: number; height: number }>>(new Map());
  const where = useMemo(() => positions(journey), [journey]);
  const cache = useRef(new Map<string, { key: unknown[]; node: DrawnNode }>());

  // Everything but where those are that are just being dragged: that changes sixty times a second, of one or a few.
  const resting = useMemo(() => {
    const all: Place[] = [{ id: TRIGGER, type: "", params: journey.trigger.params, next: {} }, ...journey.nodes];
    const kept = new Map<string, { key: unknown[]; node: DrawnNode }>();
    const made = all.map((place) => {
      const figure = figures[place.id];
      const mine = faults.filter((one) => (one.node ?? TRIGGER) === place.id);
      const position = where.get(place.id) ?? { x: 0, y: 0 };
      const open = openWays(journey, place.id);
      const key = [
        place.id === TRIGGER ? journey.trigger : place,
        selected.has(place.id),
        position.x,
        position.y,
        measured.get(place.id),
        figure?.waiting ?? 0,
        figure?.entered ?? 0,
        found.has(place.id),
        editable,
        open.join(),
        JSON.stringify(mine),
      ];
      const before = cache.current.get(place.id);
      const same = before && before.key.every((one, index) => one === key[index]);
      const entry = same ? before : { key, node: drawn(place, position, mine, open) };
      kept.set(place.id, entry);
      return entry.node;
    });
    cache.current = kept;
    return made;

    function drawn(place: Place, position: Point, mine: Fault[], open: string[]): DrawnNode {
      const trigger = place.id === TRIGGER;
      const kind = trigger ? triggerKind(journey) : page.catalogue.nodes.find((one) => one.type === place.type);
      const ways = waysAt(journey, place.id);
      const label = place.title || kind?.label || (trigger ? w("chooseTrigger") : place.type);
      const words = summary(kind, place.params);
      const data: Drawn = {
        label,
        summary: words,
        icon: kind?.icon ?? "bolt",
        group: trigger ? "trigger" : kind && "group" in kind ? kind.group : "control",
        ways,
        open,
        ends: !ways.length,
        faults: mine,
        waiting: figures[place.id]?.waiting ?? 0,
        entered: figures[place.id]?.entered ?? 0,
        found: found.has(place.id),
        editable,
        onAdd,
      };
      const size = measured.get(place.id);
      return {
        id: place.id,
        type: "place",
        position,
        data,
        width: nodeWidth(ways.length),
        height: NODE_HEIGHT,
        ...(size ? { measured: size } : {}),
        selected: selected.has(place.id),
        draggable: editable && !trigger,
        ariaLabel: spoken(journey, data, place.id),
      } as DrawnNode;
    }
  }, [journey, selected, faults, figures, found, editable, measured, where, onAdd]);
  const nodes = useMemo(() => {
    if (!dragged.size) return resting;
    return resting.map((node) => {
      const position = dragged.get(node.id);
      return position ? { ...node, position } : node;
    });
  }, [resting, dragged]);

  const edges = useMemo(() => {
    const made: Edge[] = [];
    for (const id of [TRIGGER, ...journey.nodes.map((one) => one.id)]) {
      const next = id === TRIGGER ? (journey.start ? { [START]: journey.start } : {}) : journey.nodes.find((one) => one.id === id)!.next;
      const ways = waysAt(journey, id);
      for (const [way, to] of Object.entries(next)) {
        const tone = ways.find((one) => one.name === way)?.tone ?? "neutral";
        const count = id === TRIGGER ? figures[to]?.entered : figures[id]?.left[way];
        made.push({
          id: `${id}→${way}`,
          source: id,
          sourceHandle: way,
          target: to,
          type: "smoothstep",
          className: `rr-${tone}`,
          focusable: false,
          selectable: false,
          reconnectable: editable,
          markerEnd: { type: MarkerType.ArrowClosed, width: 16, height: 16, color: "var(--rr-line-strong)" },
          ...(count ? { label: grouped(count), labelBgPadding: [6, 3] as [number, number], labelBgBorderRadius: 8 } : {}),
        });
      }
    }
    return made;
  }, [journey, figures, editable]);

  const onNodesChange = useCallback(
    (changes: NodeChange<DrawnNode>[]) => {
      const sizes = changes.flatMap((one) => (one.type === "dimensions" && one.dimensions ? [[one.id, one.dimensions] as const] : []));
      if (sizes.length) setMeasured((before) => new Map([...before, ...sizes]));
      const moved = changes.flatMap((one) => (one.type === "position" && one.position ? [[one.id, one.position] as const] : []));
      const ended = changes.some((one) => one.type === "position" && one.dragging === false);
      if (ended) {
        setDragged((before) => {
          if (before.size) queueMicrotask(() => onMove(new Map([...before, ...moved])));
          return new Map();
        });
      } else if (moved.length) setDragged((before) => new Map([...before, ...moved]));
      const chosen = changes.filter((one) => one.type === "select");
      if (chosen.length) {
        const next = new Set(selected);
        for (const one of chosen) if (one.selected) next.add(one.id);
        else next.delete(one.id);
        onSelect(next);
      }
    },
    [onMove, onSelect, selected],
  );

  const onMade = useCallback((made: Connection) => onConnect(made.source, made.sourceHandle ?? START, made.target), [onConnect]);
  const onEnd = useCallback<OnConnectEnd>(
    (_event, state) => {
      // Let go over nothing: whoever draws an arrow there wants something at its end.
      if (!state.isValid && !state.toNode && state.fromNode && state.fromHandle?.type === "source") {
        onAdd(state.fromNode.id, state.fromHandle.id ?? START);
      }
    },
    [onAdd],
  );
  const onReconnect = useCallback<OnReconnect>(
    (old, made) => {
      if (old.source !== made.source || old.sourceHandle !== made.sourceHandle) onConnect(old.source, old.sourceHandle ?? START, null);
      onConnect(made.source, made.sourceHandle ?? START, made.target);
    },
    [onConnect],
  );
  const onDouble = useCallback((_event: unknown, node: Node) => onOpen(node.id), [onOpen]);

  // A large journey is looked at from its beginning: all of it at once would be too small to read.
  const onInit = useCallback(() => {
    const pane = document.querySelector(".rr-jn-canvas")?.getBoundingClientRect();
    if (!pane) return;
    const all = [...where.values()];
    const [left, right] = [Math.min(...all.map((one) => one.x)), Math.max(...all.map((one) => one.x)) + 260];
    const bottom = Math.max(...all.map((one) => one.y)) + NODE_HEIGHT;
    const top = Math.min(...all.map((one) => one.y));
    const zoom = Math.min(1, (0.9 * pane.width) / (right - left), (0.9 * pane.height) / (bottom - top));
    if (zoom >= READABLE) return void flow.fitView(FIT);
    const begin = where.get(TRIGGER) ?? { x: 0, y: 0 };
    void flow.setViewport({ x: pane.width / 2 - (begin.x + 120) * READABLE, y: 24 - begin.y * READABLE, zoom: READABLE });
  }, [flow, where]);

  return (
    <ReactFlow
      nodes={nodes}
      edges={edges}
      nodeTypes={NODE_TYPES}
      onNodesChange={onNodesChange}
      onNodeDoubleClick={onDouble}
      onConnect={onMade}
      onConnectEnd={onEnd}
      onReconnect={onReconnect}
      nodesDraggable={editable}
      nodesConnectable={editable}
      edgesFocusable={false}
      disableKeyboardA11y
      deleteKeyCode={null}
      selectionKeyCode="Shift"
      multiSelectionKeyCode={SEVERAL}
      minZoom={0.15}
      maxZoom={1.5}
      onInit={onInit}
      fitViewOptions={FIT}
      onlyRenderVisibleElements={false}
      proOptions={OPTIONS}
      ariaLabelConfig={LABELS}
    >
      <Background gap={20} />
      <Controls showInteractive={false} />
      {journey.nodes.length > 12 && <MiniMap pannable zoomable nodeClassName={markOf} />}
    </ReactFlow>
  );
}

/** What a screen reader says of a node: what it is, what is wrong with it, where one comes from there. */
function spoken(journey: Journey, data: Drawn, id: string): string {
  const next = id === TRIGGER ? { [START]: journey.start } : (journey.nodes.find((one) => one.id === id)?.next ?? {});
  const labels = new Map(journey.nodes.map((one) => [one.id, one.title || page.catalogue.nodes.find((kind) => kind.type === one.type)?.label || one.type]));
  const leads = data.ways.map((way) => {
    const to = (next as Record<string, string | null>)[way.name];
    return w("leadsTo", { way: way.label || w("then"), node: to ? (labels.get(to) ?? to) : w("nothing") });
  });
  const faults = data.faults.map((one) => one.detail);
  return [data.label, data.summary, ...faults, ...leads].filter(Boolean).join(". ");
}
