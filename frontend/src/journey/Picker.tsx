import { useEffect, useId, useMemo, useRef, useState } from "react";

import { Dialog } from "./Dialog";
import { Icon } from "./Icon";
import { w } from "./page";

export type Option = { key: string; label: string; help?: string; group?: string; icon?: string };

/** Choose one of many by typing part of its name: arrows, Enter, or a click. */
export function Picker(props: { title: string; options: Option[]; onPick: (key: string) => void; onClose: () => void }) {
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const id = useId();
  const found = useMemo(() => matching(props.options, query), [props.options, query]);
  const active = Math.min(at, found.length - 1);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [active, found]);
  const pick = (key: string) => {
    props.onClose();
    props.onPick(key);
  };
  let group: string | undefined;
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <input
        className="form-control"
        type="search"
        role="combobox"
        aria-expanded="true"
        aria-controls={id}
        aria-autocomplete="list"
        aria-activedescendant={found[active] ? `${id}-${active}` : undefined}
        aria-label={w("search")}
        placeholder={w("search")}
        autoComplete="off"
        data-first
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            const step = event.key === "ArrowDown" ? 1 : -1;
            setAt((active + step + found.length) % Math.max(1, found.length));
          } else if (event.key === "Enter") {
            event.preventDefault();
            const chosen = found[active];
            if (chosen) pick(chosen.key);
          }
        }}
      />
      <ul className="rr-jn-options" role="listbox" id={id} ref={list} aria-label={props.title} tabIndex={-1}>
        {found.map((one, index) => {
          const head = !query.trim() && one.group !== group && one.group ? one.group : "";
          group = one.group;
          return [
            head && (
              <li key={`g-${head}`} role="presentation" className="rr-jn-group">
                {head}
              </li>
            ),
            <li
              key={one.key}
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === active}
              onMouseMove={() => setAt(index)}
              onClick={() => pick(one.key)}
            >
              {one.icon && <Icon name={one.icon} />}
              <span>
                {one.label}
                {one.help && <small>{one.help}</small>}
              </span>
            </li>,
          ];
        })}
        {!found.length && (
          <li role="option" aria-selected="false" aria-disabled="true" className="text-secondary">
            {w("nothingFits")}
          </li>
        )}
      </ul>
    </Dialog>
  );
}

/** Every word of the query somewhere; what is called so comes first, otherwise in the given order. */
export function matching(options: Option[], query: string): Option[] {
  const words = query.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const asked = words.join(" ");
  if (!words.length) return options;
  const rank = (one: Option): number => {
    const label = one.label.toLocaleLowerCase();
    if (label.startsWith(asked)) return 0;
    return words.every((word) => label.includes(word)) ? 1 : 2;
  };
  return options
    .filter((one) => {
      const text = `${one.label} ${one.group ?? ""} ${one.help ?? ""}`.toLocaleLowerCase();
      return words.every((word) => text.includes(word));
    })
    .sort((a, b) => rank(a) - rank(b));
}
