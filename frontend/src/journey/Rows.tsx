/** Parameters that are rows: the cases of a branch, weighted paths, tables of two columns. */
import { useState } from "react";

import { Condition, Said, toNewRow } from "./Condition";
import type { FieldProps } from "./Fields";
import { Icon } from "./Icon";
import { Options } from "./Options";
import { choicesOf, w } from "./page";
import type { Fact, Json } from "./types";
import { factOf, valuesOf } from "./wording";

type Entry = { [key: string]: Json };

/** The cases of a branch, asked from the top: a value of the field, or a condition of the case's own. */
export function Cases({ param, value, values, disabled, put }: FieldProps) {
  const cases = (Array.isArray(value) ? value : []) as Entry[];
  const fact = factOf(values["field"]);
  const set = (index: number, next: Entry) => put(cases.map((one, at) => (at === index ? next : one)));
  return (
    <fieldset className="rr-jn-arms" disabled={disabled}>
      <legend className="form-label required">{param.label}</legend>
      {cases.map((one, index) => {
        const own = "when" in one && one["when"] !== undefined;
        return (
          <fieldset key={String(one["out"])} className="rr-jn-arm" data-row>
            <legend className="visually-hidden">{w("caseNumber", { number: index + 1 })}</legend>
            <EntryHead entries={cases} index={index} disabled={disabled} put={put} label={w("caseName", { number: index + 1 })} />
            {own ? (
              <Condition value={one["when"] ?? null} disabled={disabled} bare label={w("caseWhen", { number: index + 1 })} onChange={(when) => set(index, { ...one, when })} />
            ) : (
              <Said fact={fact} sort="value" label={w("caseValue", { number: index + 1 })} value={one["value"] ?? null} onChange={(said) => set(index, named(one, said, fact))} />
            )}
          </fieldset>
        );
      })}
      {!disabled && (
        <div className="rr-jn-more">
          {fact && (
            <button type="button" className="btn btn-sm" onClick={(event) => (toNewRow(event.currentTarget), put([...cases, { out: freeOut(cases, "case"), label: "", value: null }]))}>
              <Icon name="plus" />
              {w("addValueCase")}
            </button>
          )}
          <button type="button" className="btn btn-sm" onClick={(event) => (toNewRow(event.currentTarget), put([...cases, { out: freeOut(cases, "case"), label: "", when: null }]))}>
            <Icon name="plus" />
            {w("addCase")}
          </button>
        </div>
      )}
    </fieldset>
  );
}

/** A case is called as its value is, until somebody has called it otherwise. */
function named(one: Entry, value: Json, fact: Fact | undefined): Entry {
  const label = (of: Json | undefined) => valuesOf(fact).find((each) => each.value === of)?.label ?? String(of ?? "");
  const free = !one["label"] || one["label"] === label(one["value"]);
  return { ...one, value, ...(free ? { label: label(value) } : {}) };
}

export function Weights({ param, value, disabled, put }: FieldProps) {
  const paths = (Array.isArray(value) ? value : []) as Entry[];
  return (
    <fieldset className="rr-jn-arms" disabled={disabled}>
      <legend className="form-label required">{param.label}</legend>
      {paths.map((one, index) => (
        <fieldset key={String(one["out"])} className="rr-jn-arm" data-row>
          <legend className="visually-hidden">{w("pathNumber", { number: index + 1 })}</legend>
          <EntryHead entries={paths} index={index} disabled={disabled} put={put} label={w("pathName", { number: index + 1 })} />
          <label className="rr-jn-pair">
            <span className="small">{w("weight")}</span>
            <input className="form-control form-control-sm" type="number" min={0} step={1} value={String(one["weight"] ?? "")} onChange={(event) => put(paths.map((each, at) => (at === index ? { ...each, weight: Math.trunc(Number(event.target.value)) } : each)))} />
          </label>
        </fieldset>
      ))}
      {!disabled && (
        <button type="button" className="btn btn-sm" onClick={(event) => (toNewRow(event.currentTarget), put([...paths, { out: freeOut(paths, "path"), label: String.fromCharCode(65 + (paths.length % 26)), weight: 1 }]))}>
          <Icon name="plus" />
          {w("addPath")}
        </button>
      )}
    </fieldset>
  );
}

function EntryHead({ entries, index, disabled, put, label }: { entries: Entry[]; index: number; disabled: boolean; put: (value: Json) => void; label: string }) {
  const one = entries[index]!;
  const move = (by: number) => {
    const next = [...entries];
    next.splice(index + by, 0, ...next.splice(index, 1));
    put(next);
  };
  return (
    <div className="rr-jn-pair">
      <input className="form-control form-control-sm" aria-label={label} placeholder={label} maxLength={100} value={String(one["label"] ?? "")} onChange={(event) => put(entries.map((each, at) => (at === index ? { ...each, label: event.target.value } : each)))} />
      {!disabled && (
        <>
          {index > 0 && (
            <button type="button" className="btn btn-icon btn-ghost-secondary btn-sm" aria-label={w("moveUp", { what: label })} onClick={() => move(-1)}>
              <Icon name="arrow-up" />
            </button>
          )}
          <button type="button" className="btn btn-icon btn-ghost-secondary btn-sm" aria-label={w("removeThis", { what: label })} onClick={() => put(entries.filter((_, at) => at !== index))}>
            <Icon name="x" />
          </button>
        </>
      )}
    </div>
  );
}

function freeOut(entries: Entry[], stem: string): string {
  let number = entries.length + 1;
  while (entries.some((one) => one["out"] === `${stem}_${number}`)) number += 1;
  return `${stem}_${number}`;
}

/** A table of two columns: a fact's value and a campaign, or a name and its place. */
export function Pairs({ param, value, disabled, put, left }: FieldProps & { left: Fact | undefined }) {
  const stored = Object.entries((value && typeof value === "object" && !Array.isArray(value) ? value : {}) as Record<string, Json>);
  // A row that is being written has no name yet, and a table has no two of one name: both are kept beside.
  const [loose, setLoose] = useState<[string, Json][]>([]);
  const rows = [...stored, ...loose];
  const choices = valuesOf(left);
  const write = (next: [string, Json][]) => {
    const seen = new Set<string>();
    const good = next.filter(([key]) => key !== "" && !seen.has(key) && seen.add(key));
    setLoose(next.filter((one) => !good.includes(one)));
    put(Object.fromEntries(good));
  };
  const campaigns = param.type === "campaign_map";
  return (
    <fieldset className="rr-jn-arms" disabled={disabled}>
      <legend className={`form-label${param.required ? " required" : ""}`}>{param.label}</legend>
      {rows.map(([key, said], index) => {
        const set = (next: [string, Json]) => write(rows.map((one, at) => (at === index ? next : one)));
        return (
          <div key={index} className="rr-jn-pair" data-row>
            {choices.length ? (
              <select className="form-select form-select-sm" aria-label={w("rowFrom", { number: index + 1 })} value={key} onChange={(event) => set([event.target.value, said])}>
                <option value="">{w("choose")}</option>
                <Options choices={choices} value={key || null} />
              </select>
            ) : (
              <input className="form-control form-control-sm" aria-label={w("rowFrom", { number: index + 1 })} value={key} onChange={(event) => set([event.target.value, said])} />
            )}
            <span aria-hidden="true">→</span>
            {campaigns ? (
              <select className="form-select form-select-sm" aria-label={w("rowTo", { number: index + 1 })} value={String(said ?? "")} onChange={(event) => set([key, event.target.value])}>
                <option value="">{w("choose")}</option>
                <Options choices={choicesOf("campaigns")} value={said || null} />
              </select>
            ) : (
              <input className="form-control form-control-sm" aria-label={w("rowTo", { number: index + 1 })} value={String(said ?? "")} onChange={(event) => set([key, event.target.value])} />
            )}
            {!disabled && (
              <button type="button" className="btn btn-icon btn-ghost-secondary btn-sm" aria-label={w("removeRow")} onClick={() => write(rows.filter((_, at) => at !== index))}>
                <Icon name="x" />
              </button>
            )}
          </div>
        );
      })}
      {!disabled && (
        <button type="button" className="btn btn-sm" disabled={loose.length > 0} onClick={(event) => (toNewRow(event.currentTarget), setLoose([...loose, ["", ""]]))}>
          <Icon name="plus" />
          {w("addRow")}
        </button>
      )}
    </fieldset>
  );
}
