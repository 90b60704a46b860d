import { Fields } from "./Fields";
import { Icon } from "./Icon";
import { TRIGGER, target } from "./model";
import { TriggerOptions } from "./Options";
import { counted, page, reason, w } from "./page";
import { triggerKind, waysAt } from "./places";
import type { Fault, Figures, Journey, Json, Params } from "./types";
import { summary } from "./wording";

type Props = {
  journey: Journey;
  id: string | null;
  faults: Fault[];
  figures: Figures;
  editable: boolean;
  onParams: (id: string, changes: Params, mark: string) => void;
  onTitle: (id: string, title: string) => void;
  onTrigger: (type: string) => void;
  onSettings: (changes: Params) => void;
  onEntry: (value: Json) => void;
  onName: (name: string) => void;
  onScope: (campaigns: string[]) => void;
  onConnect: (node: string, way: string, to: string | null) => void;
  onAdd: (node: string, way: string) => void;
  onDelete: (id: string) => void;
  onDuplicate: (id: string) => void;
  onClose: () => void;
  onSelect: (id: string) => void;
};

/** What is set on the chosen node, or, when none is chosen, on the journey as a whole. */
export function Panel(props: Props) {
  const { journey, id } = props;
  const place = id && id !== TRIGGER ? journey.nodes.find((one) => one.id === id) : undefined;
  if (id === TRIGGER) return <TriggerPanel {...props} />;
  if (!place) return <JourneyPanel {...props} />;
  const kind = page.catalogue.nodes.find((one) => one.type === place.type);
  const faults = props.faults.filter((one) => one.node === place.id);
  const figure = props.figures[place.id];
  return (
    <section className="rr-jn-panel" aria-labelledby="rr-jn-panel-title" id="rr-jn-panel" tabIndex={-1}>
      <Head {...props} title={kind?.label ?? place.type} icon={kind?.icon ?? "help"} />
      {kind?.help && <p className="text-secondary">{kind.help}</p>}
      <Faults faults={faults.filter((one) => !one.param || !kind?.params.some((param) => param.name === one.param))} />
      {figure && (
        <p className="rr-jn-figures">
          {counted("entered", figure.entered)} · {counted("waitingHere", figure.waiting)}
          {Object.entries(figure.skipped).map(([why, count]) => ` · ${counted("skipped", count)} (${reason(why)})`)}
          {Object.entries(figure.failed).map(([why, count]) => ` · ${counted("failed", count)} (${reason(why)})`)}
        </p>
      )}
      <Fields
        params={kind?.params ?? []}
        values={place.params}
        faults={faults}
        disabled={!props.editable}
        idPrefix={`p-${place.id}`}
        onChange={(changes, name) => props.onParams(place.id, changes, `${place.id}.${name}`)}
      />
      <Ways {...props} id={place.id} />
      <div className="mb-3">
        <label className="form-label" htmlFor={`title-${place.id}`}>
          {w("caption")}
        </label>
        <input id={`title-${place.id}`} className="form-control" disabled={!props.editable} maxLength={200} placeholder={kind?.label} value={place.title ?? ""} onChange={(event) => props.onTitle(place.id, event.target.value)} />
      </div>
      {props.editable && (
        <div className="d-flex gap-2 mt-3">
          <button type="button" className="btn btn-sm" onClick={() => props.onDuplicate(place.id)}>
            <Icon name="copy" />
            {w("duplicate")}
          </button>
          <button type="button" className="btn btn-sm btn-outline-danger" onClick={() => props.onDelete(place.id)}>
            <Icon name="trash" />
            {w("delete")}
          </button>
        </div>
      )}
    </section>
  );
}

function Head({ title, icon, onClose, id }: Props & { title: string; icon: string }) {
  return (
    <div className="rr-jn-panel-head">
      <h2 id="rr-jn-panel-title">
        <Icon name={icon} />
        {title}
      </h2>
      {id && (
        <button type="button" className="btn btn-icon btn-ghost-secondary" aria-label={w("closePanel")} onClick={onClose}>
          <Icon name="x" />
        </button>
      )}
    </div>
  );
}

function Faults({ faults }: { faults: Fault[] }) {
  if (!faults.length) return null;
  return (
    <ul className="rr-jn-faults">
      {faults.map((one) => (
        <li key={one.code + one.detail} className={one.level === "error" ? "rr-danger" : "rr-warning"}>
          <Icon name={one.level === "error" ? "alert-circle" : "alert-triangle"} />
          {one.detail}
        </li>
      ))}
    </ul>
  );
}

/** Where each arrow leads: to be read, and to be drawn without a mouse. */
function Ways({ journey, id, editable, onConnect, onAdd, onSelect }: Props & { id: string }) {
  const ways = waysAt(journey, id);
  if (!ways.length) return null;
  const others = journey.nodes.filter((one) => one.id !== id);
  const name = (node: string) => {
    const place = journey.nodes.find((one) => one.id === node);
    const kind = page.catalogue.nodes.find((one) => one.type === place?.type);
    const words = summary(kind, place?.params ?? {});
    return `${place?.title || kind?.label || place?.type || node}${words ? ` (${words.length > 40 ? `${words.slice(0, 40)}…` : words})` : ""}`;
  };
  return (
    <fieldset className="rr-jn-leads">
      <legend className="form-label">{w("arrows")}</legend>
      {ways.map((way) => {
        const to = target(journey, id, way.name) ?? "";
        const there = journey.nodes.some((one) => one.id === to);
        const label = way.label || w("then");
        return (
          <div key={way.name} className={`rr-jn-lead rr-${way.tone}`}>
            <label htmlFor={`to-${id}-${way.name}`}>{label}</label>
            <select id={`to-${id}-${way.name}`} className="form-select form-select-sm" disabled={!editable} value={to} onChange={(event) => onConnect(id, way.name, event.target.value || null)}>
              <option value="">{w("nothing")}</option>
              {others.map((one) => (
                <option key={one.id} value={one.id}>
                  {name(one.id)}
                </option>
              ))}
              {to && !others.some((one) => one.id === to) && <option value={to}>{there ? name(to) : w("gone", { what: to })}</option>}
            </select>
            {editable && !there && (
              <button type="button" className="btn btn-icon btn-sm" aria-label={w("addAfter", { node: "", way: label })} onClick={() => onAdd(id, way.name)}>
                <Icon name="plus" />
              </button>
            )}
            {there && (
              <button type="button" className="btn btn-icon btn-ghost-secondary btn-sm" aria-label={w("goTo", { node: name(to) })} onClick={() => onSelect(to)}>
                <Icon name="arrow-right" />
              </button>
            )}
          </div>
        );
      })}
    </fieldset>
  );
}

function TriggerPanel(props: Props) {
  const { journey, editable } = props;
  const kind = triggerKind(journey);
  const faults = props.faults.filter((one) => one.node === TRIGGER);
  return (
    <section className="rr-jn-panel" aria-labelledby="rr-jn-panel-title" id="rr-jn-panel" tabIndex={-1}>
      <Head {...props} title={w("trigger")} icon={kind?.icon ?? "bolt"} />
      <div className="mb-3">
        <label className="form-label" htmlFor="trigger-type">
          {w("triggerType")}
        </label>
        <select id="trigger-type" className="form-select" disabled={!editable} value={journey.trigger.type} onChange={(event) => props.onTrigger(event.target.value)}>
          {!kind && <option value={journey.trigger.type}>{w("choose")}</option>}
          <TriggerOptions fits={() => true} />
        </select>
        {kind?.help && <small className="form-hint">{kind.help}</small>}
      </div>
      <Faults faults={faults.filter((one) => !one.param || !kind?.params.some((param) => param.name === one.param))} />
      <Fields
        params={kind?.params ?? []}
        values={journey.trigger.params}
        faults={faults}
        disabled={!editable}
        idPrefix="trigger"
        onChange={(changes, name) => props.onParams(TRIGGER, changes, `${TRIGGER}.${name}`)}
      />
      <Fields
        params={[{ name: "entry", type: "condition", label: w("entry"), help: w("entryHelp") }]}
        values={{ entry: journey.entry ?? null }}
        faults={props.faults.filter((one) => one.param === "entry")}
        disabled={!editable}
        idPrefix="entry"
        onChange={(changes) => props.onEntry(changes["entry"] ?? null)}
      />
      <Ways {...props} id={TRIGGER} />
    </section>
  );
}

function JourneyPanel(props: Props) {
  const { journey, editable } = props;
  const faults = props.faults.filter((one) => one.node === null);
  return (
    <section className="rr-jn-panel" aria-labelledby="rr-jn-panel-title" id="rr-jn-panel" tabIndex={-1}>
      <Head {...props} title={w("journey")} icon="route" />
      <p className="text-secondary">{w("journeyHelp")}</p>
      <Faults faults={faults.filter((one) => !one.param)} />
      <div className="mb-3">
        <label className="form-label" htmlFor="journey-name">
          {w("name")}
        </label>
        <input id="journey-name" className="form-control" disabled={!editable} value={journey.name} maxLength={120} onChange={(event) => props.onName(event.target.value)} />
      </div>
      <Fields
        params={[{ name: "campaigns", type: "campaigns", label: w("campaigns"), help: w("campaignsHelp") }, ...page.catalogue.settings]}
        values={{ campaigns: journey.scope.campaigns, ...journey.settings }}
        faults={faults}
        disabled={!editable}
        idPrefix="journey"
        onChange={(changes, name) => (name === "campaigns" ? props.onScope((changes["campaigns"] ?? []) as string[]) : props.onSettings(changes))}
      />
    </section>
  );
}

/** What can be done with several steps at once. `onDelete`: null where nothing may be changed. */
export function Several({ many, onCopy, onDelete }: { many: number; onCopy: () => void; onDelete: (() => void) | null }) {
  return (
    <section className="rr-jn-panel">
      <h2>{counted("chosen", many)}</h2>
      <div className="d-flex gap-2">
        <button type="button" className="btn btn-sm" onClick={onCopy}>
          {w("copy")}
        </button>
        {onDelete && (
          <button type="button" className="btn btn-sm btn-outline-danger" onClick={onDelete}>
            {w("delete")}
          </button>
        )}
      </div>
    </section>
  );
}
