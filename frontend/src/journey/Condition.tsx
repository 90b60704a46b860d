import { Icon } from "./Icon";
import { page, w } from "./page";
import type { Fact, Json, Option, Choice } from "./types";
import { factOf, valuesOf } from "./wording";

type Group = { all: Json[] } | { any: Json[] };
type Test = { path: string; op: string; value?: Json };
type Count = { count: { event: string; params?: Json; within: Json }; op: string; value: Json };
type Put = (value: Json) => void;

const COUNTS = ["eq", "ne", "lt", "le", "gt", "ge"];
const DEEPEST = 3;

/** A condition: rows of which all, or any, are true; a row may be such a group itself. */
export function Condition(props: { value: Json; disabled: boolean; onChange: Put; label: string; required?: boolean; depth?: number; bare?: boolean }) {
  const { value, disabled, onChange, depth = 0 } = props;
  const group = asGroup(value);
  const word = "all" in group ? "all" : "any";
  const rows = "all" in group ? group.all : group.any;
  const set = (next: Json[], as: string = word) => onChange(next.length || depth ? { [as]: next } : null);
  const first = page.catalogue.facts[0]?.path ?? "lead.status";
  return (
    <fieldset className="rr-jn-condition" disabled={disabled}>
      <legend className={depth || props.bare ? "visually-hidden" : "form-label"}>{props.label}</legend>
      {rows.length > 1 && (
        <select className="form-select form-select-sm" aria-label={w("allOrAny")} value={word} onChange={(event) => set(rows, event.target.value)}>
          <option value="all">{w("allTrue")}</option>
          <option value="any">{w("anyTrue")}</option>
        </select>
      )}
      {rows.map((row, index) => {
        const put = (next: Json | null) => set(next === null ? rows.filter((_, at) => at !== index) : rows.map((one, at) => (at === index ? next : one)));
        return (
          <div key={index} className="rr-jn-row" data-row>
            {isGroup(row) ? (
              <Condition value={row} disabled={disabled} onChange={put} label={props.label} depth={depth + 1} />
            ) : (
              <Row value={row} onChange={put} />
            )}
            {!disabled && (
              <button type="button" className="btn btn-icon btn-ghost-secondary btn-sm" aria-label={w("removeRow")} onClick={() => put(null)}>
                <Icon name="x" />
              </button>
            )}
          </div>
        );
      })}
      {!disabled && (
        <div className="rr-jn-more">
          <button type="button" className="btn btn-sm" onClick={(event) => (toNewRow(event.currentTarget), set([...rows, { path: first, op: "eq", value: null }]))}>
            <Icon name="plus" />
            {w("addTest")}
          </button>
          <button type="button" className="btn btn-sm" onClick={(event) => (toNewRow(event.currentTarget), set([...rows, { count: { event: "call_ended", within: { n: 30, unit: "days" } }, op: "ge", value: 1 }]))}>
            {w("addCount")}
          </button>
          {depth < DEEPEST && rows.length > 0 && (
            <button type="button" className="btn btn-sm" onClick={() => set([...rows, { [word === "all" ? "any" : "all"]: [] }])}>
              {w("addGroup")}
            </button>
          )}
        </div>
      )}
    </fieldset>
  );
}

/** A button that adds a row hands the focus on to it: what one is about to fill in. */
export function toNewRow(button: HTMLElement): void {
  const group = button.closest("fieldset");
  requestAnimationFrame(() => {
    const rows = [...(group?.querySelectorAll("[data-row]") ?? [])].filter((one) => one.parentElement?.closest("fieldset") === group);
    rows.at(-1)?.querySelector<HTMLElement>("select, input, textarea")?.focus();
  });
}

function isGroup(value: Json): value is Group {
  return !!value && typeof value === "object" && !Array.isArray(value) && (Array.isArray(value["all"]) || Array.isArray(value["any"]));
}

function asGroup(value: Json): Group {
  if (isGroup(value)) return value;
  return { all: value === null || value === undefined ? [] : [value] };
}

function has<T>(value: Json, key: string): value is Json & T {
  return !!value && typeof value === "object" && !Array.isArray(value) && key in value;
}

/** One test; `not` around it is a box to tick. What no row can show is shown as it is written. */
function Row({ value, onChange }: { value: Json; onChange: Put }) {
  const negated = has<{ not: Json }>(value, "not");
  const inner = negated ? (value as { not: Json }).not : value;
  const put: Put = (next) => onChange(negated ? { not: next } : next);
  const known = has<Test>(inner, "path") || has<Count>(inner, "count");
  if (!known) return <Raw value={value} onChange={onChange} />;
  return (
    <div className="rr-jn-test">
      {has<Test>(inner, "path") ? <TestRow test={inner as unknown as Test} put={put} /> : <CountRow test={inner as unknown as Count} put={put} />}
      <label className="form-check form-check-inline mb-0">
        <input type="checkbox" className="form-check-input" checked={negated} onChange={(event) => onChange(event.target.checked ? { not: inner } : inner)} />
        <span className="form-check-label">{w("not")}</span>
      </label>
    </div>
  );
}

function TestRow({ test, put }: { test: Test; put: Put }) {
  const fact = factOf(test.path);
  const operators = page.catalogue.operators.filter((one) => !fact || one.kinds.includes(fact.kind) || one.op === test.op);
  const operator = page.catalogue.operators.find((one) => one.op === test.op);
  const set = (next: Partial<Test>) => put({ ...test, ...next } as unknown as Json);
  const onPath = (path: string) => {
    const kind = factOf(path)?.kind;
    const fits = page.catalogue.operators.filter((one) => !kind || one.kinds.includes(kind));
    const op = fits.find((one) => one.op === test.op) ?? fits[0];
    set({ path, op: op?.op ?? "eq", value: op?.value === "bool" ? true : null });
  };
  const onOp = (op: string) => {
    const next = page.catalogue.operators.find((one) => one.op === op);
    const value = test.value ?? null;
    if (next?.value === operator?.value) set({ op });
    else if (next?.value === "values") set({ op, value: value === null || typeof value === "object" ? [] : [value] });
    else if (next?.value === "bool") set({ op, value: true });
    else set({ op, value: next?.value === "value" && Array.isArray(value) ? (value[0] ?? null) : null });
  };
  return (
    <>
      <FactSelect value={test.path} label={w("fact")} facts={page.catalogue.facts} onChange={onPath} small />
      <select className="form-select form-select-sm" aria-label={w("operator")} value={test.op} onChange={(event) => onOp(event.target.value)}>
        {operators.map((one) => (
          <option key={one.op} value={one.op}>
            {one.label}
          </option>
        ))}
      </select>
      <Said fact={fact} sort={operator?.value ?? "value"} value={test.value ?? null} onChange={(value) => set({ value })} />
    </>
  );
}

function CountRow({ test, put }: { test: Count; put: Put }) {
  const set = (count: Partial<Count["count"]>) => put({ ...test, count: { ...test.count, ...count } } as unknown as Json);
  return (
    <>
      <select className="form-select form-select-sm" aria-label={w("countedEvent")} value={test.count.event} onChange={(event) => put({ ...test, count: { event: event.target.value, within: test.count.within } } as unknown as Json)}>
        {page.catalogue.triggers
          .filter((one) => one.events.length)
          .map((one) => (
            <option key={one.type} value={one.type}>
              {w("numberOf", { what: one.label })}
            </option>
          ))}
      </select>
      <span className="rr-jn-pair">
        <select className="form-select form-select-sm" aria-label={w("operator")} value={test.op} onChange={(event) => put({ ...test, op: event.target.value } as unknown as Json)}>
          {page.catalogue.operators
            .filter((one) => COUNTS.includes(one.op))
            .map((one) => (
              <option key={one.op} value={one.op}>
                {one.label}
              </option>
            ))}
        </select>
        <input className="form-control form-control-sm" type="number" min={0} aria-label={w("value")} value={String(test.value ?? "")} onChange={(event) => put({ ...test, value: event.target.value === "" ? null : Math.trunc(Number(event.target.value)) } as unknown as Json)} />
      </span>
      <span className="small text-secondary">{w("withinLast")}</span>
      <DurationField value={test.count.within} label={w("withinLast")} onChange={(within) => set({ within })} small />
    </>
  );
}

export function FactSelect(props: { value: string; label?: string; id?: string; facts: Fact[]; onChange: (path: string) => void; small?: boolean; empty?: string; disabled?: boolean; described?: string }) {
  const groups = [...new Set(props.facts.map((one) => one.group))];
  const known = props.facts.some((one) => one.path === props.value);
  return (
    <select
      className={`form-select${props.small ? " form-select-sm" : ""}`}
      {...(props.label ? { "aria-label": props.label } : {})}
      {...(props.id ? { id: props.id } : {})}
      disabled={props.disabled}
      value={props.value}
      onChange={(event) => props.onChange(event.target.value)}
    >
      {props.empty !== undefined && <option value="">{props.empty}</option>}
      {!known && props.value && <option value={props.value}>{props.value}</option>}
      {groups.map((group) => (
        <optgroup key={group} label={group}>
          {props.facts
            .filter((one) => one.group === group)
            .map((one) => (
              <option key={one.path} value={one.path}>
                {one.label}
              </option>
            ))}
        </optgroup>
      ))}
    </select>
  );
}

/** What a fact is compared with. */
export function Said({ fact, sort, value, onChange, label = w("value") }: { fact: Fact | undefined; sort: string; value: Json; onChange: Put; label?: string }) {
  const choices = valuesOf(fact);
  if (sort === "values") {
    if (choices.length) return <Ticks choices={choices} value={value} onChange={onChange} />;
    return <Words value={value} label={label} onChange={onChange} small />;
  }
  if (sort === "duration") return <DurationField value={value} label={label} onChange={onChange} small />;
  if (sort === "bool" || fact?.kind === "bool") {
    return (
      <select className="form-select form-select-sm" aria-label={label} value={value === true ? "1" : value === false ? "0" : ""} onChange={(event) => onChange(event.target.value === "" ? null : event.target.value === "1")}>
        <option value="">{w("choose")}</option>
        <option value="1">{w("yes")}</option>
        <option value="0">{w("no")}</option>
      </select>
    );
  }
  if (choices.length) {
    const known = value === null || choices.some((one) => one.value === value);
    return (
      <select className="form-select form-select-sm" aria-label={label} value={value === null ? "" : String(value)} onChange={(event) => onChange(event.target.value || null)}>
        <option value="">{w("choose")}</option>
        {!known && <option value={String(value)}>{String(value)}</option>}
        {choices.map((one) => (
          <option key={String(one.value)} value={String(one.value)}>
            {one.label}
          </option>
        ))}
      </select>
    );
  }
  if (fact?.kind === "int") {
    return <input className="form-control form-control-sm" type="number" aria-label={label} value={value === null ? "" : String(value)} onChange={(event) => onChange(event.target.value === "" ? null : Number(event.target.value))} />;
  }
  return <input className="form-control form-control-sm" aria-label={label} value={value === null ? "" : String(value)} onChange={(event) => onChange(event.target.value === "" ? null : event.target.value)} />;
}

function Raw({ value, onChange }: { value: Json; onChange: Put }) {
  return (
    <textarea
      className="form-control form-control-sm font-monospace"
      rows={3}
      aria-label={w("asWritten")}
      defaultValue={JSON.stringify(value)}
      onBlur={(event) => {
        try {
          onChange(JSON.parse(event.target.value) as Json);
          event.target.setCustomValidity("");
        } catch {
          event.target.setCustomValidity(w("notJson"));
          event.target.reportValidity();
        }
      }}
    />
  );
}

/** Words with commas between. What is typed stays as it is typed until one leaves the field. */
export function Words(props: { value: Json; label?: string; id?: string; onChange: Put; small?: boolean; numbers?: boolean; disabled?: boolean }) {
  const text = Array.isArray(props.value) ? props.value.join(", ") : "";
  return (
    <input
      key={text}
      className={`form-control${props.small ? " form-control-sm" : ""}`}
      {...(props.label ? { "aria-label": props.label } : {})}
      {...(props.id ? { id: props.id } : {})}
      disabled={props.disabled}
      placeholder={w("commaList")}
      defaultValue={text}
      onBlur={(event) => {
        const words = event.target.value.split(",").map((one) => one.trim()).filter(Boolean);
        const next = props.numbers ? words.map(Number).filter((one) => Number.isInteger(one)) : words;
        if (next.join() !== (Array.isArray(props.value) ? props.value.join() : "")) props.onChange(next);
      }}
    />
  );
}

/** Several of a list. */
export function Ticks({ choices, value, onChange }: { choices: readonly (Option | Choice)[]; value: Json; onChange: Put }) {
  const chosen = new Set<Json>(Array.isArray(value) ? value : value === null || value === undefined ? [] : [value]);
  return (
    <span className="rr-jn-ticks">
      {choices.map((one) => (
        <label key={String(one.value)} className="form-check mb-0">
          <input
            type="checkbox"
            className="form-check-input"
            checked={chosen.has(one.value)}
            onChange={(event) => onChange(choices.map((each) => each.value).filter((each) => (each === one.value ? event.target.checked : chosen.has(each))))}
          />
          <span className="form-check-label">{one.label}</span>
        </label>
      ))}
    </span>
  );
}

const UNITS = ["seconds", "minutes", "hours", "days", "weeks", "months", "years"];

/** A number and its unit. */
export function DurationField(props: { value: Json; label: string; onChange: Put; small?: boolean; disabled?: boolean; id?: string }) {
  const now = (props.value && typeof props.value === "object" && !Array.isArray(props.value) ? props.value : {}) as { n?: number; unit?: string };
  const unit = now.unit ?? "days";
  return (
    <span className="rr-jn-duration">
      <input
        {...(props.id ? { id: props.id } : {})}
        className={`form-control${props.small ? " form-control-sm" : ""}`}
        type="number"
        min={0}
        step={1}
        disabled={props.disabled}
        aria-label={props.label}
        value={now.n ?? ""}
        onChange={(event) => props.onChange(event.target.value === "" ? null : { n: Math.trunc(Number(event.target.value)), unit })}
      />
      <select className={`form-select${props.small ? " form-select-sm" : ""}`} aria-label={w("unit")} disabled={props.disabled} value={unit} onChange={(event) => props.onChange({ n: now.n ?? 1, unit: event.target.value })}>
        {UNITS.map((one) => (
          <option key={one} value={one}>
            {w(`unit_${one}`)}
          </option>
        ))}
      </select>
    </span>
  );
}
