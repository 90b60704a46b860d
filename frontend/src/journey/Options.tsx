/** What stands in a list to choose from. */
import { page, w } from "./page";
import type { Json, Trigger } from "./types";

/** Choices in their groups; one that is written and no longer there is told as such. */
export function Options({ choices, value }: { choices: readonly { value: Json; label: string; group?: string }[]; value: Json }) {
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

/** The triggers by section; `fits`: which of them. */
export function TriggerOptions({ fits }: { fits: (one: Trigger) => boolean }) {
  return page.catalogue.sections.map((section) => {
    const fit = page.catalogue.triggers.filter((one) => one.section === section.name && fits(one));
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
  });
}
