import { Dialog } from "./Dialog";
import { w } from "./page";

const KEYS: [string[], string][] = [
  [["Tab"], "keyTab"],
  [["←", "↑", "→", "↓"], "keyWalk"],
  [["A"], "keyAdd"],
  [["C"], "keyConnect"],
  [["Enter"], "keyEdit"],
  [["Esc"], "keyEsc"],
  [["Alt", "←↑→↓"], "keyMove"],
  [["Del"], "keyDelete"],
  [["Ctrl", "Z"], "undo"],
  [["Ctrl", "Y"], "redo"],
  [["Ctrl", "C"], "copy"],
  [["Ctrl", "V"], "paste"],
  [["Ctrl", "D"], "duplicate"],
  [["/"], "find"],
  [["L"], "tidy"],
];

export function Help({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={w("keys")} onClose={onClose}>
      <p className="text-secondary">{w("keysHelp")}</p>
      <dl className="rr-jn-keys">
        {KEYS.map(([keys, key]) => (
          <div key={key}>
            <dt>
              {keys.map((one) => (
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
