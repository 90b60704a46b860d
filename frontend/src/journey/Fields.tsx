import { Condition, DurationField, FactSelect, Said, Ticks, Words } from "./Condition";
import { Options, TriggerOptions } from "./Options";
import { choicesOf, page, w } from "./page";
import { Cases, Pairs, Weights } from "./Rows";
import type { Fault, Json, Param, Params } from "./types";
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

export type FieldProps = {
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
        <TriggerOptions fits={(one) => one.awaited || !props.awaited} />
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
