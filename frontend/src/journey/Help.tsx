import { Dialog } from "./Dialog";
import { changes, type Act } from "./keys";
import { w } from "./page";

/** Keys, what they do in words, and what they mean to the editor. */
const KEYS: [string[], string, Act?][] = [
  [["Tab"], "keyTab"],
  [["←", "↑", "→", "↓"], "keyWalk"],
  [["A"], "keyAdd", "add"],
  [["C"], "keyConnect", "connect"],
  [["Enter"], "keyEdit"],
  [["Esc"], "keyEsc"],
  [["Alt", "←↑→↓"], "keyMove", "nudge"],
  [["Del"], "keyDelete", "remove"],
  [["Ctrl", "Z"], "undo", "undo"],
  [["Ctrl", "Y"], "redo", "redo"],
  [["Ctrl", "C"], "copy"],
  [["Ctrl", "V"], "paste", "paste"],
  [["Ctrl", "D"], "duplicate", "duplicate"],
  [["/"], "find"],
  [["L"], "tidy", "tidy"],
];

/** Without what changes the journey, for who may only look at it. */
export function Help({ editable, onClose }: { editable: boolean; onClose: () => void }) {
  const keys = KEYS.filter(([, , act]) => editable || !act || !changes(act));
  return (
    <Dialog title={w("keys")} onClose={onClose}>
      <p className="text-secondary">{w("keysHelp")}</p>
      <dl className="rr-jn-keys">
        {keys.map(([pressed, key]) => (
          <div key={key}>
            <dt>
              {pressed.map((one) => (
                <kbd key={one} translate="no">{one}</kbd>
              ))}
            </dt>
            <dd>{w(key)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
