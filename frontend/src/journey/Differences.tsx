import { kindOf, START, differences, type Difference } from "./model";
import { page, w } from "./page";
import type { Journey, Json } from "./types";
import { conditionWords, labelOf, paramOf, paramWords, plainWords, told } from "./wording";
import { choicesOf } from "./page";

/** What one document has that another has not, as sentences. */
export function Differences({ before, after }: { before: Journey; after: Journey }) {
  const found = told(differences(before, after));
  if (!found.length) return <p className="text-secondary">{w("noDifference")}</p>;
  return (
    <ul className="rr-jn-differences">
      {found.map((one) => (
        <li key={`${one.sort}${one.what}${one.id}`}>
          <span className={`badge rr-jn-${one.sort}`}>{w(`sort_${one.sort}`)}</span> <strong>{title(one, before, after)}</strong>
          {one.fields.length > 0 && (
            <ul>
              {one.fields.map((field) => (
                <li key={field.name}>
                  {fieldLabel(one, field.name)}: <del>{words(one, field.name, field.before, before)}</del> → <ins>{words(one, field.name, field.after, after)}</ins>
                </li>
              ))}
            </ul>
          )}
        </li>
      ))}
    </ul>
  );
}

function nodeName(id: Json, journey: Journey): string {
  const place = journey.nodes.find((one) => one.id === id);
  if (!place) return id ? String(id) : w("nothing");
  return place.title || kindOf(page.catalogue, place)?.label || place.type;
}

function title(one: Difference, before: Journey, after: Journey): string {
  if (one.what === "settings") return w("journey");
  if (one.what === "trigger") return w("trigger");
  return nodeName(one.id, one.sort === "removed" ? before : after);
}

function fieldLabel(one: Difference, name: string): string {
  if (name.startsWith("→")) {
    const out = page.catalogue.nodes.find((each) => each.type === one.type)?.outs.find((each) => each.name === name.slice(1));
    return w("arrowNamed", { name: out?.label ?? name.slice(1) });
  }
  if (name === START) return w("arrowNamed", { name: w("then") });
  return paramOf(one, name)?.label ?? w(`field_${name}`);
}

function words(one: Difference, name: string, value: Json, journey: Journey): string {
  if (name.startsWith("→") || name === START) return nodeName(value, journey);
  if (name === "campaigns" && Array.isArray(value)) return value.map((each) => labelOf(choicesOf("campaigns"), each)).join(", ") || "–";
  if (name === "type" && one.what === "trigger") return page.catalogue.triggers.find((each) => each.type === value)?.label ?? String(value);
  if (name === "type") return page.catalogue.nodes.find((each) => each.type === value)?.label ?? String(value);
  const param = paramOf(one, name);
  if (param?.type === "condition" || name === "entry") return conditionWords(value) || "–";
  return (param ? paramWords(param, value) : "") || plainWords(value);
}
