import { useEffect, useId, useRef, useState } from "react";

import { Icon } from "./Icon";
import { ask, counted, page, Refused, w } from "./page";
import { factOf, labelOf, valuesOf } from "./wording";

/** A lead of the journey's campaigns. `been`: how often it has been in this journey. */
export type Found = { id: string; name: string; campaign: string; status: string; attempts: number; been: number };

const REST_MS = 250;

/** One of the organisation's leads, found by part of its name, a number or an id. */
export function PickLead({ chosen, onChoose }: { chosen: Found | null; onChoose: (lead: Found | null) => void }) {
  const [query, setQuery] = useState("");
  const [found, setFound] = useState<Found[] | null>(null);
  const [wrong, setWrong] = useState("");
  const id = useId();
  // What was pressed is gone with the choice, and with its end: the focus goes on to what stands there instead.
  const field = useRef<HTMLInputElement>(null);
  const another = useRef<HTMLButtonElement>(null);
  const before = useRef(chosen);
  useEffect(() => {
    if (before.current?.id === chosen?.id) return;
    before.current = chosen;
    (chosen ? another : field).current?.focus();
  }, [chosen]);
  useEffect(() => {
    setWrong("");
    // What was found stands until there is something new: a list that empties with each letter jumps.
    if (!query.trim()) return setFound(null);
    let over = false;
    const timer = window.setTimeout(() => {
      ask<{ leads: Found[] }>("GET", `${page.addresses.leads}?${new URLSearchParams({ q: query })}`).then(
        (answer) => !over && setFound(answer.leads),
        (refused: Refused) => !over && setWrong(refused.message),
      );
    }, REST_MS);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [query]);
  if (chosen) {
    return (
      <div className="mb-2">
        <div className="rr-jn-pair">
          <strong id={`${id}-chosen`}>{chosen.name || w("leadUnnamed")}</strong>
          <button ref={another} type="button" className="btn btn-sm ms-auto" aria-describedby={`${id}-chosen`} onClick={() => onChoose(null)}>
            <Icon name="x" />
            {w("leadAnother")}
          </button>
        </div>
        <p className="small text-secondary mb-0">
          {about(chosen)}. {w("leadNow")} {chosen.been > 0 && counted("leadBeen", chosen.been)}
        </p>
      </div>
    );
  }
  return (
    <div className="mb-2">
      <label className="form-label" htmlFor={id}>
        {w("leadFind")}
      </label>
      <input ref={field} id={id} type="search" className="form-control" autoComplete="off" aria-describedby={`${id}-help`} value={query} onChange={(event) => setQuery(event.target.value)} />
      <small id={`${id}-help`} className="form-hint">
        {w("leadFindHelp")}
      </small>
      <div aria-live="polite">
        {wrong && <p className="rr-jn-wrong">{wrong}</p>}
        {found?.length === 0 && <p className="text-secondary mb-0">{w("nothingFits")}</p>}
        {found && found.length > 0 && (
          <ul className="list-unstyled mb-0 mt-1">
            {found.map((one) => (
              <li key={one.id}>
                <button type="button" className="btn btn-ghost-secondary w-100 justify-content-start text-start text-wrap" onClick={() => onChoose(one)}>
                  <span>
                    {one.name || w("leadUnnamed")}
                    <small className="d-block text-secondary">{about(one)}</small>
                  </span>
                </button>
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}

function about(lead: Found): string {
  return [lead.campaign, labelOf(valuesOf(factOf("lead.status")), lead.status), counted("leadAttempts", lead.attempts)].join(" · ");
}
