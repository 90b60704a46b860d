/** What stands above the canvas: somebody else has saved meanwhile, or the figures are of a simulation. */
import { w } from "./page";
import type { useSaved } from "./save";

export function Notes(props: { saved: ReturnType<typeof useSaved>; played: boolean; onLive: () => void }) {
  const { conflict, takeTheirs, keepMine } = props.saved;
  return (
    <>
      {conflict && (
        <div className="rr-jn-conflict rr-warning" role="alert">
          <p>{w("conflict", { at: conflict.at })}</p>
          <button type="button" className="btn btn-sm" onClick={takeTheirs}>
            {w("takeTheirs")}
          </button>
          <button type="button" className="btn btn-sm" onClick={keepMine}>
            {w("keepMine")}
          </button>
        </div>
      )}
      {props.played && (
        <div className="rr-jn-conflict rr-info" role="status">
          <p>{w("figuresPlayed")}</p>
          <button type="button" className="btn btn-sm" onClick={props.onLive}>
            {w("figuresLive")}
          </button>
        </div>
      )}
    </>
  );
}
