import { useEffect, useState } from "react";

import { Dialog } from "./Dialog";
import { Differences } from "./Differences";
import { kindOf } from "./model";
import { ask, counted, page, Refused, w } from "./page";
import type { Fault, Journey } from "./types";
import { nodeLabel, summary } from "./wording";

type Fate = { node: string; name: string; what: "same" | "changed" | "gone"; runs: number };
type Summary = {
  revision: number;
  document: Journey;
  before: Journey | null;
  /** The draft is what is published. */
  same: boolean;
  number: number;
  faults: Fault[];
  runs: { version: number; count: number }[];
  policy: string;
  fates: Fate[];
  backfill: number | null;
  campaigns: string[];
};

/** What publishing would change, and for whom; then it is done. */
export function Publish(props: { faults: readonly Fault[]; flush: () => Promise<void>; onClose: () => void; onFault: (node: string) => void }) {
  const [told, setTold] = useState<Summary | null>(null);
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  // Where runs go on whose step is gone; "" is their end, and none is not said yet.
  const [targets, setTargets] = useState<Record<string, string>>({});
  useEffect(() => {
    props
      .flush()
      .then(() => ask<Summary>("GET", page.addresses.summary))
      .then(setTold, (refused: Refused) => setWrong(refused.message));
    // Once, when it opens.
  }, []);
  const errors = told?.faults.filter((one) => one.level === "error") ?? [];
  const warnings = told?.faults.filter((one) => one.level === "warning") ?? [];
  const running = told?.runs.reduce((sum, one) => sum + one.count, 0) ?? 0;
  const open = told?.fates.some((one) => one.what === "gone" && targets[one.node] === undefined) ?? false;
  const publish = async () => {
    setBusy(true);
    setWrong("");
    try {
      const answer = await ask<{ next: string }>("POST", page.addresses.publish, {
        revision: told?.revision,
        targets: Object.fromEntries(Object.entries(targets).filter(([, to]) => to)),
      });
      location.assign(answer.next);
    } catch (refused) {
      setWrong((refused as Refused).message);
      setBusy(false);
    }
  };
  return (
    <Dialog title={w("publishTitle")} large onClose={props.onClose}>
      {!told && !wrong && <p role="status">{w("looking")}</p>}
      {told && (
        <>
          {errors.length > 0 && (
            <>
              <p className="rr-jn-wrong">{counted("mustMend", errors.length)}</p>
              <FaultList faults={errors} onFault={props.onFault} />
            </>
          )}
          {told.same && <p>{w("publishedAlready")}</p>}
          {!errors.length && !told.same && (
            <>
              <ul className="rr-jn-changes">
                <li>{w("becomesVersion", { number: told.number })}</li>
                <li>{told.campaigns.length ? w("worksOn", { campaigns: told.campaigns.join(", ") }) : w("worksOnNone")}</li>
                {running > 0 && <li>{counted(told.policy === "migrate" ? "runsMigrate" : "runsStay", running)}</li>}
                {!told.before && <li>{told.backfill === null ? w("onlyFromNow") : counted("backfilled", told.backfill)}</li>}
              </ul>
              {told.fates.length > 0 && <Fates fates={told.fates} document={told.document} targets={targets} onChange={setTargets} />}
              {warnings.length > 0 && <FaultList faults={warnings} onFault={props.onFault} />}
              <h3>{told.before ? w("whatChanges") : w("firstVersion")}</h3>
              {told.before && <Differences before={told.before} after={told.document} />}
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
        <button type="button" className="btn btn-primary" disabled={!told || told.same || errors.length > 0 || open || busy} onClick={() => void publish()}>
          {w("publishNow")}
        </button>
      </div>
    </Dialog>
  );
}

/** By the step where they stand: what becomes of the runs that go over, and the choice where their step is gone. */
function Fates(props: { fates: readonly Fate[]; document: Journey; targets: Record<string, string>; onChange: (targets: Record<string, string>) => void }) {
  return (
    <>
      <h3>{w("fates")}</h3>
      <ul className="rr-jn-changes">
        {props.fates.map((one) => (
          <li key={one.node + one.what}>
            {one.what === "gone" ? (
              <label className="d-block">
                {w("fateGone", { node: one.name })} ({counted("runsHere", one.runs)})
                <select
                  className="form-select mt-1"
                  required
                  value={props.targets[one.node] === undefined ? "?" : props.targets[one.node]}
                  onChange={(event) => props.onChange({ ...props.targets, [one.node]: event.target.value })}
                >
                  {props.targets[one.node] === undefined && <option value="?">{w("choose")}</option>}
                  <option value="">{w("fateEnds")}</option>
                  {props.document.nodes.map((node) => (
                    <option key={node.id} value={node.id}>
                      {w("fateGoOn", { node: [nodeLabel(props.document, node.id), summary(kindOf(page.catalogue, node), node.params)].filter(Boolean).join(" · ") })}
                    </option>
                  ))}
                </select>
              </label>
            ) : (
              `${one.name}: ${counted(one.what === "same" ? "fateSame" : "fateChanged", one.runs)}`
            )}
          </li>
        ))}
      </ul>
    </>
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
