/** What can be put on the canvas, and what stands on it, to choose from. */
import { useState } from "react";

import { Icon } from "./Icon";
import { readingOrder, TRIGGER } from "./model";
import { page, w } from "./page";
import { triggerKind } from "./places";
import { matching, type Option } from "./Picker";
import type { Journey, Kind } from "./types";
import { summary } from "./wording";

export function options(kinds: Kind[]): Option[] {
  const sections = page.catalogue.sections.map((one) => one.name);
  const label = (name: string) => page.catalogue.sections.find((one) => one.name === name)?.label ?? name;
  return [...kinds]
    .sort((a, b) => sections.indexOf(a.section) - sections.indexOf(b.section))
    .map((one) => ({ key: one.type, label: one.label, help: one.help, icon: one.icon, group: label(one.section) }));
}

export function nodeOptions(journey: Journey): Option[] {
  const trigger = triggerKind(journey);
  const first: Option = { key: TRIGGER, label: trigger?.label ?? w("trigger"), help: summary(trigger, journey.trigger.params), icon: trigger?.icon ?? "bolt" };
  return [
    first,
    ...readingOrder(journey).map((one) => {
      const kind = page.catalogue.nodes.find((each) => each.type === one.type);
      return { key: one.id, label: one.title || kind?.label || one.type, help: summary(kind, one.params), icon: kind?.icon ?? "help" };
    }),
  ];
}

export function Palette({ kinds, onPick }: { kinds: Option[]; onPick: (type: string) => void }) {
  const [query, setQuery] = useState("");
  const shown = matching(kinds, query);
  const groups = [...new Set(shown.map((one) => one.group ?? ""))];
  return (
    <>
      <input className="form-control form-control-sm" type="search" aria-label={w("searchPalette")} placeholder={w("search")} value={query} onChange={(event) => setQuery(event.target.value)} />
      {groups.map((group) => (
        <div key={group} role="group" aria-label={group}>
          <h2>{group}</h2>
          {shown
            .filter((one) => (one.group ?? "") === group)
            .map((one) => (
              <button key={one.key} type="button" className="rr-jn-tool" title={one.help} onClick={() => onPick(one.key)}>
                {one.icon && <Icon name={one.icon} />}
                {one.label}
              </button>
            ))}
        </div>
      ))}
      {!shown.length && <p className="text-secondary">{w("nothingFits")}</p>}
    </>
  );
}
