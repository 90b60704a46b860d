import { useState } from "react";

import { DurationField, FactSelect, Said } from "./Condition";
import { Dialog } from "./Dialog";
import { EventField } from "./Fields";
import { Icon } from "./Icon";
import { PickLead, type Found } from "./PickLead";
import { ask, counted, grouped, moment, page, reason, Refused, w } from "./page";
import { waysOf } from "./model";
import type { Figures, Journey, Json } from "./types";
import { factOf, nodeLabel } from "./wording";

type Line = { at: string; node: string | null; what: string; detail: string };
type Told = { lines: Line[]; waiting: { node: string; until: string | null } | null; refused: string };
type Past = { since: string; until: string; leads: number; started: number; refused: Record<string, number>; finished: Record<string, number>; effects: Record<string, number>; nodes: Figures; cut: boolean };
type Row = { path: string; value: Json };
type Step = { after: Json; event: Json };

/** Trying the journey out: one lead with a script, or what it would have done with what has happened. */
export function Simulate(props: { journey: Journey; flush: () => Promise<void>; onClose: () => void; onFigures: (figures: Figures | null) => void }) {
  const [mode, setMode] = useState<"lead" | "past">("lead");
  return (
    <Dialog title={w("simulateTitle")} large onClose={props.onClose}>
      <p className="text-secondary">{w("simulateHelp")}</p>
      <div className="btn-group mb-3" role="radiogroup" aria-label={w("simulateTitle")}>
        {(["lead", "past"] as const).map((one) => (
          <label key={one} className={`btn btn-sm${mode === one ? " active" : ""}`}>
            <input type="radio" className="visually-hidden" name="mode" checked={mode === one} onChange={() => setMode(one)} />
            {w(one === "lead" ? "oneLead" : "pastDays")}
          </label>
        ))}
      </div>
      {mode === "lead" ? <OneLead {...props} /> : <PastDays {...props} />}
    </Dialog>
  );
}

function useRun<T>(flush: () => Promise<void>) {
  const [told, setTold] = useState<T | null>(null);
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const run = async (body: object, then: (told: T) => void = () => undefined) => {
    setBusy(true);
    setWrong("");
    try {
      await flush();
      const answer = await ask<T>("POST", page.addresses.simulate, body);
      setTold(answer);
      then(answer);
    } catch (refused) {
      setTold(null);
      setWrong((refused as Refused).message);
    }
    setBusy(false);
  };
  return { told, wrong, busy, run };
}

function OneLead({ journey, flush }: { journey: Journey; flush: () => Promise<void> }) {
  const to = journey.trigger.params["to"];
  const invented: Row[] = [
    { path: "lead.status", value: (Array.isArray(to) ? to[0] : null) ?? "new" },
    { path: "lead.attempts", value: 1 },
  ];
  const [rows, setRows] = useState<Row[]>(invented);
  const [steps, setSteps] = useState<Step[]>([{ after: { n: 0, unit: "minutes" }, event: { type: journey.trigger.type, params: journey.trigger.params } }]);
  const [lead, setLead] = useState<Found | null>(null);
  const { told, wrong, busy, run } = useRun<Told>(flush);
  const choose = (one: Found | null) => {
    // A real one is what it is; what is written here is how it is otherwise.
    if (!lead !== !one) setRows(one ? [] : invented);
    setLead(one);
  };
  const setRow = (index: number, next: Row | null) => setRows(next ? rows.map((one, at) => (at === index ? next : one)) : rows.filter((_, at) => at !== index));
  const setStep = (index: number, next: Step | null) => setSteps(next ? steps.map((one, at) => (at === index ? next : one)) : steps.filter((_, at) => at !== index));
  return (
    <>
      <fieldset className="rr-jn-arms mb-3">
        <legend className="form-label">{w("theLead")}</legend>
        <PickLead chosen={lead} onChoose={choose} />
        {rows.map((row, index) => (
          <div key={index} className="rr-jn-pair">
            <FactSelect small facts={page.catalogue.facts.filter((one) => !one.path.startsWith("event."))} label={w("fact")} value={row.path} onChange={(path) => setRow(index, { path, value: null })} />
            <Said fact={factOf(row.path)} sort="value" value={row.value} onChange={(value) => setRow(index, { ...row, value })} />
            <button type="button" className="btn btn-icon btn-ghost-secondary btn-sm" aria-label={w("removeRow")} onClick={() => setRow(index, null)}>
              <Icon name="x" />
            </button>
          </div>
        ))}
        <button type="button" className="btn btn-sm" onClick={() => setRows([...rows, { path: page.catalogue.facts[0]?.path ?? "lead.status", value: null }])}>
          <Icon name="plus" />
          {w("addRow")}
        </button>
      </fieldset>
      <fieldset className="rr-jn-arms mb-3">
        <legend className="form-label">{w("theScript")}</legend>
        {steps.map((step, index) => (
          <div key={index} className="rr-jn-arm">
            <div className="rr-jn-pair">
              <DurationField small value={step.after} label={w("after")} onChange={(after) => setStep(index, { ...step, after })} />
              <span className="small">{w("later")}</span>
              <button type="button" className="btn btn-icon btn-ghost-secondary btn-sm ms-auto" aria-label={w("removeRow")} onClick={() => setStep(index, null)}>
                <Icon name="x" />
              </button>
            </div>
            <EventField label={w("happens")} value={step.event} disabled={false} id={`step-${index}`} put={(event) => setStep(index, { ...step, event })} />
          </div>
        ))}
        <button type="button" className="btn btn-sm" onClick={() => setSteps([...steps, { after: { n: 1, unit: "days" }, event: null }])}>
          <Icon name="plus" />
          {w("addStep")}
        </button>
      </fieldset>
      <button
        type="button"
        className="btn btn-primary"
        disabled={busy}
        onClick={() => void run({ mode: "lead", lead: lead?.id ?? null, facts: Object.fromEntries(rows.map((one) => [one.path, one.value])), script: steps.filter((one) => one.event) })}
      >
        <Icon name="player-play" />
        {w("play")}
      </button>
      <div aria-live="polite" className="mt-3">
        {wrong && <p className="rr-jn-wrong">{wrong}</p>}
        {told && (
          <>
            {told.refused && <p>{w("notLetIn", { why: reason(told.refused) })}</p>}
            <ol className="rr-jn-flow">
              {told.lines.map((one, index) => (
                <li key={index}>
                  <time>{moment(one.at)}</time> <strong>{nodeLabel(journey, one.node)}</strong> {w(`line_${one.what}`, { detail: one.what === "left" ? wayLabel(journey, one.node ?? "", one.detail) : reason(one.detail) })}
                </li>
              ))}
            </ol>
            {told.waiting && <p>{told.waiting.until ? w("waitsUntil", { node: nodeLabel(journey, told.waiting.node), at: moment(told.waiting.until) }) : w("waitsFor", { node: nodeLabel(journey, told.waiting.node) })}</p>}
          </>
        )}
      </div>
    </>
  );
}

function PastDays({ journey, flush, onFigures }: { journey: Journey; flush: () => Promise<void>; onFigures: (figures: Figures | null) => void }) {
  const [days, setDays] = useState(30);
  const { told, wrong, busy, run } = useRun<Past>(flush);
  return (
    <>
      <div className="rr-jn-pair mb-3">
        <label className="form-label mb-0 flex-shrink-0" htmlFor="past-days">
          {w("howManyDays")}
        </label>
        <input id="past-days" className="form-control" type="number" min={1} max={90} value={days} onChange={(event) => setDays(Math.trunc(Number(event.target.value)))} />
        <button type="button" className="btn btn-primary" disabled={busy || days < 1} onClick={() => void run({ mode: "past", days }, (past) => onFigures(past.nodes))}>
          <Icon name="player-play" />
          {w("play")}
        </button>
      </div>
      <div aria-live="polite">
        {busy && <p>{w("looking")}</p>}
        {wrong && <p className="rr-jn-wrong">{wrong}</p>}
        {told && (
          <>
            <p>
              {counted("pastLeads", told.leads)} {counted("pastRuns", told.started)} {told.cut && w("pastCut")}
            </p>
            <p className="text-secondary">{w("pastOnCanvas")}</p>
            <table className="table table-sm">
              <thead>
                <tr>
                  <th scope="col">{w("step")}</th>
                  <th scope="col">{w("arrow")}</th>
                  <th scope="col" className="num">
                    {w("count")}
                  </th>
                </tr>
              </thead>
              <tbody>
                {Object.entries(told.nodes).flatMap(([node, figure]) =>
                  [
                    ...Object.entries(figure.left).map(([way, count]) => [way, count] as const),
                    ...Object.entries(figure.skipped).map(([why, count]) => [`${w("line_skipped", { detail: "" })} ${reason(why)}`, count] as const),
                    ...(figure.waiting ? [[w("stillWaiting"), figure.waiting] as const] : []),
                  ].map(([way, count]) => (
                    <tr key={`${node}${way}`}>
                      <td>{nodeLabel(journey, node)}</td>
                      <td>{wayLabel(journey, node, way)}</td>
                      <td className="num">{grouped(count)}</td>
                    </tr>
                  )),
                )}
                {Object.entries(told.finished).map(([why, count]) => (
                  <tr key={`end${why}`}>
                    <td>{w("ended")}</td>
                    <td>{reason(why)}</td>
                    <td className="num">{grouped(count)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </>
        )}
      </div>
    </>
  );
}

function wayLabel(journey: Journey, node: string, way: string): string {
  const place = journey.nodes.find((one) => one.id === node);
  return (place && waysOf(page.catalogue, place).find((one) => one.name === way)?.label) || way;
}
