import { Handle, Position, type Node, type NodeProps } from "@xyflow/react";
import { memo } from "react";

import { Icon } from "./Icon";
import { TRIGGER } from "./model";
import { counted, grouped, w } from "./page";
import type { Fault, Way } from "./types";

export type Drawn = {
  label: string;
  summary: string;
  icon: string;
  group: string;
  ways: Way[];
  open: string[];
  ends: boolean;
  faults: Fault[];
  waiting: number;
  entered: number;
  found: boolean;
  editable: boolean;
  onAdd: (id: string, way: string) => void;
};
export type DrawnNode = Node<Drawn, "place">;

export const PlaceNode = memo(function PlaceNode({ id, data, selected }: NodeProps<DrawnNode>) {
  const level = data.faults.some((one) => one.level === "error") ? "error" : data.faults.length ? "warning" : "";
  const many = data.ways.length > 1;
  return (
    <div
      className={`rr-jn-node rr-jn-${data.group}${selected ? " is-selected" : ""}${level ? ` is-${level}` : ""}${data.found ? " is-found" : ""}`}
    >
      {id !== TRIGGER && <Handle type="target" position={Position.Top} />}
      <div className="rr-jn-head">
        <span className="rr-jn-icon">
          <Icon name={data.icon} />
        </span>
        <strong>{data.label}</strong>
        {level && (
          <span className="rr-jn-fault" title={data.faults.map((one) => one.detail).join("\n")}>
            <Icon name={level === "error" ? "alert-circle" : "alert-triangle"} />
          </span>
        )}
        {data.waiting > 0 && (
          <span className="rr-jn-count" title={counted("waitingHere", data.waiting)}>
            {grouped(data.waiting)}
          </span>
        )}
      </div>
      <p className="rr-jn-words">{data.summary}</p>
      <div className="rr-jn-ways">
        {data.ways.map((way, index) => {
          const open = data.open.includes(way.name);
          return (
            <span key={way.name} className={`rr-jn-way rr-${way.tone}${way.optional ? " is-optional" : ""}`}>
              {open && data.editable ? (
                <button
                  type="button"
                  className="nodrag nopan"
                  tabIndex={-1}
                  aria-label={w("addAfter", { node: data.label, way: way.label })}
                  onClick={(event) => {
                    event.stopPropagation();
                    data.onAdd(id, way.name);
                  }}
                >
                  <Icon name="plus" />
                  {many && <span>{way.label}</span>}
                </button>
              ) : (
                many && <span>{way.label}</span>
              )}
              <Handle
                type="source"
                position={Position.Bottom}
                id={way.name}
                className={`rr-${way.tone}`}
                style={{ left: `${((index + 0.5) / data.ways.length) * 100}%` }}
              />
            </span>
          );
        })}
        {!data.ways.length && data.ends && <span className="rr-jn-end">{w("endsHere")}</span>}
      </div>
    </div>
  );
});
