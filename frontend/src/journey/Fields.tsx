import { useState } from "react";

import { Condition, DurationField, FactSelect, Said, Ticks, toNewRow, Words } from "./Condition";
import { Icon } from "./Icon";
import { choicesOf, page, w } from "./page";
import type { Fact, Fault, Json, Param, Params } from "./types";
import { choicesFor, defaultsOf, factOf, factsFor, shown, valuesOf } from "./wording";

/** The parameters of a node, a trigger or the journey itself, as the catalogue describes them. */
export function Fields(props: {
  params: readonly Param[];
  values: Params;
  faults: readonly Fault[];
  disabled: boolean;
  onChange: (changes: Params, name: string) => void;
  idPrefix: string;
}) {
  return (
    <>
      {props.params
        .filter((one) => shown(one, props.values, props.params))
        .map((param) => (
          <Field
            key={param.name}
            param={param}
            values={props.values}
            value={props.values[param.name] ?? null}
            faults={props.faults.filter((one) => one.param === param.name)}
            disabled={props.disabled}
            put={(value) => props.onChange({ [param.name]: value }, param.name)}
            putAll={(changes) => props.onChange(changes, param.name)}
            id={`${props.idPrefix}-${param.name}`}
          />
        ))}
    </>
  );
}

type FieldProps = {
  param: Param;
  values: Params;
  value: Json;
  faults: readonly Fault[];
  disabled: boolean;
  put: (value: Json) => void;
  putAll: (changes: Params) => void;
  id: string;
};

// These are groups of controls: their label is a legend of their own.
const GROUPS = new Set(["bool", "condition", "cases", "weights", "choices", "campaign_map", "mapping", "paths", "event", "quiet_hours", "campaigns"]);

function Field(props: FieldProps) {
  const { param, faults, id } = props;
  return (
    <div className="mb-3">
      {!GROUPS.has(param.type) && (
        <label className={`form-label${param.required ? " required" : ""}`} htmlFor={id}>
          {param.label}
        </label>
      )}
      <Control {...props} />
      {param.help && <small className="form-hint">{param.help}</small>}
      <div id={`${id}-faults`}>
        {faults.map((one) => (
          <div key={one.code + one.detail} className="invalid-feedback d-block">
            {one.detail}
          </div>
        ))}
      </div>
    </div>
  );
}

function Control(props: FieldProps) {
  const { param, value, disabled, put, id } = props;
  const common = { id, disabled, "aria-describedby": `${id}-faults`, "aria-invalid": props.faults.length > 0 };
  const number = { ...(param.least === undefined ? {} : { min: param.least }), ...(param.most === undefined ? {} : { max: param.most }) };
  switch (param.type) {
    case "condition":
      return <Condition value={value} disabled={disabled} onChange={put} label={param.label} />;
    case "duration":
      return <DurationField id={id} value={value} label={param.label} disabled={disabled} onChange={put} />;
    case "cases":
      return <Cases {...props} />;
    case "weights":
      return <Weights {...props} />;
    case "campaign_map":
      return <Pairs {...props} left={factOf(props.values["field"] ?? param.default)} />;
    case "mapping":
      return <Pairs {...props} left={undefined} />;
    case "event":
      return <Event {...props} />;
    case "quiet_hours":
      return <Hours {...props} />;
    case "choices":
    case "campaigns":
    case "paths": {
      const choices = param.type === "campaigns" ? choicesOf("campaigns") : choicesFor(param);
      return (
        <fieldset disabled={disabled}>
          <legend className={`form-label${param.required ? " required" : ""}`}>{param.label}</legend>
          {choices.length ? <Ticks choices={choices} value={value} onChange={put} /> : <p className="text-secondary small mb-0">{w("noneThere")}</p>}
        </fieldset>
      );
    }
    case "path":
      return <FactSelect id={id} facts={factsFor(param.of ?? "any")} value={String(value ?? "")} disabled={disabled} empty={param.required ? w("choose") : w("none")} onChange={(path) => props.putAll(chosenField(props, path))} />;
    case "bool":
      return (
        <label className="form-check form-switch">
          <input {...common} type="checkbox" className="form-check-input" checked={(value ?? param.default) === true} onChange={(event) => put(event.target.checked)} />
          <span className="form-check-label">{param.label}</span>
        </label>
      );
    case "int":
      return <input {...common} {...number} type="number" step={1} className="form-control" value={value === null ? "" : String(value)} onChange={(event) => put(event.target.value === "" ? null : Math.trunc(Number(event.target.value)))} />;
    case "int_or_max":
      return (
        <span className="rr-jn-pair">
          <select {...common} className="form-select" value={value === "max" ? "max" : "n"} onChange={(event) => put(event.target.value === "max" ? "max" : (param.least ?? 1))}>
            <option value="max">{w("maxAttempts")}</option>
            <option value="n">{w("thisMany")}</option>
          </select>
          {value !== "max" && <input className="form-control" type="number" {...number} aria-label={w("thisMany")} disabled={disabled} value={String(value ?? "")} onChange={(event) => put(event.target.value === "" ? null : Math.trunc(Number(event.target.value)))} />}
        </span>
      );
    case "long_text":
      return <textarea {...common} className="form-control" rows={4} maxLength={param.most} value={String(value ?? "")} onChange={(event) => put(event.target.value || null)} />;
    case "texts":
      return <Words id={id} value={value} disabled={disabled} onChange={put} />;
    case "ints":
      return <Words id={id} value={value} disabled={disabled} numbers onChange={put} />;
    case "moment":
      return <Moment {...props} common={common} />;
    case "value":
      return <fieldset disabled={disabled}><Said fact={factOf(props.values["field"])} sort="value" value={value} label={param.label} onChange={put} /></fieldset>;
    default:
  }
  const choices = choicesFor(param);
  if (param.options || choices.length || LISTED.has(param.type)) {
    return (
      <select {...common} className="form-select" value={String(value ?? param.default ?? "")} onChange={(event) => put(event.target.value || null)}>
        {(param.default ?? null) === null && <option value="">{param.required ? w("choose") : w("none")}</option>}
        <Options choices={choices} value={value ?? param.default ?? null} />
      </select>
    );
  }
  const type = param.type === "time" ? "time" : param.type === "url" ? "url" : "text";
  return <input {...common} type={type} className="form-control" maxLength={param.most} value={String(value ?? "")} onChange={(event) => put(event.target.value || null)} />;
}

const LISTED = new Set(["campaign", "user", "template", "journey", "zone"]);

/**
 * A branch by a field with a list of answers gets a case for each: that is what one is about to type. Cases that
 * somebody has written already stay.
 */
function chosenField(props: FieldProps, path: string): Params {
  const changes: Params = { [props.param.name]: path || null };
  const values = valuesOf(factOf(path));
  const cases = props.values["cases"];
  const own = Array.isArray(cases) && cases.some((one) => (one as Params)["value"] ?? (one as Params)["when"]);
  if ("cases" in props.values || props.id.endsWith("-field")) {
    const branch = page.catalogue.nodes.find((one) => one.type === "branch");
    const isBranch = branch?.params.some((one) => one === props.param);
    if (isBranch && values.length && values.length <= 12 && !own) {
      changes["cases"] = values.map((one, index) => ({ out: `case_${index + 1}`, label: one.label, value: one.value }));
    }
  }
  return changes;
}

function Options({ choices, value }: { choices: readonly { value: Json; label: string; group?: string }[]; value: Json }) {
  const groups = [...new Set(choices.map((one) => one.group ?? ""))];
  const known = value === null || choices.some((one) => one.value === value);
  const of = (group: string) =>
    choices
      .filter((one) => (one.group ?? "") === group)
      .map((one) => (
        <option key={String(one.value)} value={String(one.value)}>
          {one.label}
        </option>
      ));
  return (
    <>
      {!known && <option value={String(value)}>{w("gone", { what: String(value) })}</option>}
      {groups.map((group) =>
        group ? (
          <optgroup key={group} label={group}>
            {of(group)}
          </optgroup>
        ) : (
          of(group)
        ),
      )}
    </>
  );
}

type Entry = { [key: string]: Json };

/** The cases of a branch, asked from the top: a value of the field, or a condition of the case's own. */
function Cases({ param, value, values, disabled, put }: FieldProps) {
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

function Weights({ param, value, disabled, put }: FieldProps) {
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
function Pairs({ param, value, disabled, put, left }: FieldProps & { left: Fact | undefined }) {
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

function Event({ param, value, disabled, put, id, faults }: FieldProps) {
  return <EventField label={param.label} required invalid={faults.length > 0} awaited value={value} disabled={disabled} put={put} id={id} />;
}

/** Something that happens, described as a trigger is. */
export function EventField(props: { label: string; value: Json; disabled: boolean; id: string; put: (value: Json) => void; required?: boolean; invalid?: boolean; awaited?: boolean }) {
  const { label, value, disabled, put, id } = props;
  const now = (value && typeof value === "object" && !Array.isArray(value) ? value : {}) as { type?: string; params?: Params };
  const kind = page.catalogue.triggers.find((one) => one.type === now.type);
  return (
    <fieldset className="rr-jn-arms" disabled={disabled}>
      <legend className={`form-label${props.required ? " required" : ""}`}>{label}</legend>
      <select
        className="form-select"
        aria-label={label}
        aria-invalid={props.invalid ?? false}
        value={now.type ?? ""}
        onChange={(event) => {
          const next = page.catalogue.triggers.find((one) => one.type === event.target.value);
          put(next ? { type: next.type, params: defaultsOf(next.params) } : null);
        }}
      >
        <option value="">{w("choose")}</option>
        {page.catalogue.sections.map((section) => {
          const fit = page.catalogue.triggers.filter((one) => (one.awaited || !props.awaited) && one.section === section.name);
          return (
            fit.length > 0 && (
              <optgroup key={section.name} label={section.label}>
                {fit.map((one) => (
                  <option key={one.type} value={one.type}>
                    {one.label}
                  </option>
                ))}
              </optgroup>
            )
          );
        })}
      </select>
      {kind && (
        <Fields params={kind.params} values={now.params ?? {}} faults={[]} disabled={disabled} idPrefix={`${id}-params`} onChange={(changes) => put({ type: kind.type, params: { ...now.params, ...changes } })} />
      )}
    </fieldset>
  );
}

function Hours({ param, value, disabled, put, id }: FieldProps) {
  const now = (value && typeof value === "object" && !Array.isArray(value) ? value : null) as { from?: string; to?: string } | null;
  return (
    <fieldset disabled={disabled}>
      <legend className="form-label">{param.label}</legend>
      <label className="form-check form-switch">
        <input type="checkbox" className="form-check-input" checked={now !== null} onChange={(event) => put(event.target.checked ? { from: "20:00", to: "09:00" } : null)} />
        <span className="form-check-label">{w("ownQuietHours")}</span>
      </label>
      {now && (
        <span className="rr-jn-pair">
          <input id={`${id}-from`} type="time" className="form-control" aria-label={w("from")} value={now.from ?? ""} onChange={(event) => put({ ...now, from: event.target.value })} />
          <span aria-hidden="true">–</span>
          <input type="time" className="form-control" aria-label={w("to")} value={now.to ?? ""} onChange={(event) => put({ ...now, to: event.target.value })} />
        </span>
      )}
    </fieldset>
  );
}

/** A moment with its zone: written in the reader's own time. */
function Moment({ value, put, common }: FieldProps & { common: object }) {
  const at = value ? new Date(String(value)) : null;
  const pad = (number: number) => String(number).padStart(2, "0");
  const local = at && !Number.isNaN(at.getTime()) ? `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}T${pad(at.getHours())}:${pad(at.getMinutes())}` : "";
  return <input {...common} type="datetime-local" className="form-control" value={local} onChange={(event) => put(event.target.value ? new Date(event.target.value).toISOString() : null)} />;
}
