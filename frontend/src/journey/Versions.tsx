import { useEffect, useState } from "react";

import { Dialog } from "./Dialog";
import { Differences } from "./Differences";
import { ask, counted, moment, page, Refused, w } from "./page";
import type { Journey } from "./types";

/** What was published when and by whom, how each differs from the draft, and the way back to one. */
export function Versions(props: { journey: Journey; editable: boolean; onClose: () => void; onRestore: (document: Journey) => void }) {
  const [number, setNumber] = useState(page.versions[0]?.number ?? 0);
  const [document, setDocument] = useState<Journey | null>(null);
  const [wrong, setWrong] = useState("");
  useEffect(() => {
    if (!number) return;
    let over = false;
    setDocument(null);
    setWrong("");
    ask<{ document: Journey }>("GET", page.addresses.version.replace(/0$/, String(number))).then(
      (answer) => !over && setDocument(answer.document),
      (refused: Refused) => !over && setWrong(refused.message),
    );
    return () => {
      over = true;
    };
  }, [number]);
  const behind = page.may.publish && page.state !== "archived" && page.versions.some((one) => one.runs > 0 && !one.current);
  return (
    <Dialog title={w("versions")} large onClose={props.onClose}>
      {!page.versions.length && <p className="text-secondary">{w("noVersion")}</p>}
      {page.versions.length > 0 && (
        <div className="rr-jn-versions">
          <div>
            <div role="radiogroup" aria-label={w("versions")}>
              {page.versions.map((one) => (
                <label key={one.number} className="form-check">
                  <input type="radio" className="form-check-input" name="version" checked={one.number === number} onChange={() => setNumber(one.number)} />
                  <span className="form-check-label">
                    {w("versionNumber", { number: one.number })}
                    <small className="d-block text-secondary">
                      {moment(one.at)}
                      {one.by && ` · ${one.by}`}
                    </small>
                    <small className="d-block text-secondary">{counted("runsOn", one.runs)}</small>
                  </span>
                </label>
              ))}
            </div>
            {behind && (
              <a className="btn btn-sm mt-2" href={page.addresses.takeOver}>
                {w("takeOver")}
              </a>
            )}
          </div>
          <div aria-live="polite">
            <h3>{w("sinceThen", { number })}</h3>
            {wrong && <p className="rr-jn-wrong">{wrong}</p>}
            {document && <Differences before={document} after={props.journey} />}
            {document && props.editable && (
              <button type="button" className="btn btn-sm mt-2" onClick={() => props.onRestore(document)}>
                {w("restore", { number })}
              </button>
            )}
          </div>
        </div>
      )}
    </Dialog>
  );
}
