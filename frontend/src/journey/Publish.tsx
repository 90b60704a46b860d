import { useEffect, useState } from "react";

import { Dialog } from "./Dialog";
import { Differences } from "./Differences";
import { ask, counted, page, Refused, w } from "./page";
import type { Fault, Journey } from "./types";

type Summary = {
  document: Journey;
  before: Journey | null;
  number: number;
  faults: Fault[];
  runs: { version: number; count: number }[];
  policy: string;
  backfill: number | null;
  campaigns: string[];
};

/** What publishing would change, and for whom; then it is done. */
export function Publish(props: { faults: readonly Fault[]; flush: () => Promise<void>; onClose: () => void; onFault: (node: string) => void }) {
  const [summary, setSummary] = useState<Summary | null>(null);
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    props
      .flush()
      .then(() => ask<Summary>("GET", page.addresses.summary))
      .then(setSummary, (refused: Refused) => setWrong(refused.message));
    // Once, when it opens.
  }, []);
  const errors = summary?.faults.filter((one) => one.level === "error") ?? [];
  const warnings = summary?.faults.filter((one) => one.level === "warning") ?? [];
  const running = summary?.runs.reduce((sum, one) => sum + one.count, 0) ?? 0;
  const publish = async () => {
    setBusy(true);
    setWrong("");
    try {
      const answer = await ask<{ next: string }>("POST", page.addresses.publish, {});
      location.assign(answer.next);
    } catch (refused) {
      setWrong((refused as Refused).message);
      setBusy(false);
    }
  };
  return (
    <Dialog title={w("publishTitle")} large onClose={props.onClose}>
      {!summary && !wrong && <p role="status">{w("looking")}</p>}
      {summary && (
        <>
          {errors.length > 0 && (
            <>
              <p className="rr-jn-wrong">{counted("mustMend", errors.length)}</p>
              <FaultList faults={errors} onFault={props.onFault} />
            </>
          )}
          {!errors.length && (
            <>
              <ul className="rr-jn-changes">
                <li>{w("becomesVersion", { number: summary.number })}</li>
                <li>{summary.campaigns.length ? w("worksOn", { campaigns: summary.campaigns.join(", ") }) : w("worksOnNone")}</li>
                {running > 0 && <li>{counted(summary.policy === "migrate" ? "runsMigrate" : "runsStay", running)}</li>}
                {!summary.before && <li>{summary.backfill === null ? w("onlyFromNow") : counted("backfilled", summary.backfill)}</li>}
              </ul>
              {warnings.length > 0 && <FaultList faults={warnings} onFault={props.onFault} />}
              <h3>{summary.before ? w("whatChanges") : w("firstVersion")}</h3>
              {summary.before && <Differences before={summary.before} after={summary.document} />}
            </>
          )}
        </>
      )}
      {wrong && (
        <p className="rr-jn-wrong" role="alert">
          {wrong}
        </p>
      )}
      <div className="rr-dialog-foot">
        <button type="button" className="btn" onClick={props.onClose}>
          {w("cancel")}
        </button>
        <button type="button" className="btn btn-primary" disabled={!summary || errors.length > 0 || busy} onClick={() => void publish()}>
          {w("publishNow")}
        </button>
      </div>
    </Dialog>
  );
}

function FaultList({ faults, onFault }: { faults: readonly Fault[]; onFault: (node: string) => void }) {
  return (
    <ul className="rr-jn-faults">
      {faults.map((one) => (
        <li key={`${one.node}${one.param}${one.code}${one.detail}`} className={one.level === "error" ? "rr-danger" : "rr-warning"}>
          {one.node ? (
            <button type="button" className="btn btn-link p-0" onClick={() => onFault(one.node!)}>
              {one.detail}
            </button>
          ) : (
            one.detail
          )}
        </li>
      ))}
    </ul>
  );
}
