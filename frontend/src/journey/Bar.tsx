/** The editor's tools, what is saved, and what is wrong. */
import { Icon } from "./Icon";
import { counted, page, w } from "./page";
import type { Fault } from "./types";

/** `onUndo`, `onRedo`: null where there is nothing to take back. `whole`: the journey itself is chosen, and no step. */
export function Bar(props: {
  editable: boolean;
  adding: boolean;
  onAdd: () => void;
  onUndo: (() => void) | null;
  onRedo: (() => void) | null;
  onTidy: () => void;
  onOpen: (what: "find" | "versions" | "simulate" | "publish" | "help") => void;
  onJourney: () => void;
  whole: boolean;
  state: string;
  faults: readonly Fault[];
  onFault: () => void;
}) {
  const errors = props.faults.filter((one) => one.level === "error").length;
  return (
    <div className="rr-jn-bar" role="toolbar" aria-label={w("tools")}>
      {props.editable && (
        <>
          <button type="button" className="btn btn-sm rr-jn-only-narrow" aria-expanded={props.adding} onClick={props.onAdd}>
            <Icon name="plus" />
            {w("add")}
          </button>
          <button type="button" className="btn btn-icon btn-sm" disabled={!props.onUndo} aria-label={w("undo")} title={`${w("undo")} (Ctrl+Z)`} onClick={props.onUndo ?? undefined}>
            <Icon name="arrow-back-up" />
          </button>
          <button type="button" className="btn btn-icon btn-sm" disabled={!props.onRedo} aria-label={w("redo")} title={`${w("redo")} (Ctrl+Y)`} onClick={props.onRedo ?? undefined}>
            <Icon name="arrow-forward-up" />
          </button>
          <button type="button" className="btn btn-icon btn-sm" aria-label={w("tidy")} title={`${w("tidy")} (L)`} onClick={props.onTidy}>
            <Icon name="layout-distribute-vertical" />
          </button>
        </>
      )}
      <button type="button" className="btn btn-icon btn-sm" aria-label={w("find")} title={`${w("find")} (/)`} onClick={() => props.onOpen("find")}>
        <Icon name="search" />
      </button>
      <button type="button" className="btn btn-icon btn-sm" aria-label={w("keys")} title={`${w("keys")} (?)`} onClick={() => props.onOpen("help")}>
        <Icon name="keyboard" />
      </button>
      <button type="button" className="btn btn-sm" onClick={props.onJourney} aria-pressed={props.whole}>
        <Icon name="settings" />
        <span>{w("journey")}</span>
      </button>
      <span className="rr-jn-state" role="status">
        {props.editable ? props.state : w("onlyToLookAt")}
      </span>
      {props.faults.length > 0 && (
        <button type="button" className={`btn btn-sm rr-jn-faulty ${errors ? "rr-danger" : "rr-warning"}`} onClick={props.onFault}>
          <Icon name={errors ? "alert-circle" : "alert-triangle"} />
          {counted(errors ? "errors" : "warnings", errors || props.faults.length)}
        </button>
      )}
      <button type="button" className="btn btn-sm" onClick={() => props.onOpen("versions")}>
        <Icon name="history" />
        <span>{w("versions")}</span>
      </button>
      <button type="button" className="btn btn-sm" onClick={() => props.onOpen("simulate")}>
        <Icon name="player-play" />
        <span>{w("simulate")}</span>
      </button>
      {page.may.publish && props.editable && (
        <button type="button" className="btn btn-sm btn-primary" onClick={() => props.onOpen("publish")}>
          <Icon name="rocket" />
          {w("publish")}
        </button>
      )}
    </div>
  );
}
