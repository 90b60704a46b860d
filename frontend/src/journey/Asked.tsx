/** What is chosen from a list: a step to add or to lead to, an arrow to do it at, a step to find. */
import { target, TRIGGER } from "./model";
import { page, w } from "./page";
import { waysAt } from "./places";
import { nodeOptions } from "./Palette";
import { Picker, type Option } from "./Picker";
import type { Journey, Kind } from "./types";

export type Asking =
  | { what: "add"; node: string; way: string }
  | { what: "connect"; node: string; way: string }
  | { what: "way"; node: string; then: "add" | "connect" }
  | { what: "find" };

export function Asked(props: {
  open: Asking;
  journey: Journey;
  kinds: Option[];
  onOpen: (next: Asking | null) => void;
  onAdd: (kind: Kind, node: string, way: string) => void;
  onConnect: (node: string, way: string, to: string) => void;
  onFind: (id: string) => void;
}) {
  const { open, journey } = props;
  const close = () => props.onOpen(null);
  switch (open.what) {
    case "add": {
      const pick = (type: string) => props.onAdd(page.catalogue.nodes.find((one) => one.type === type)!, open.node, open.way);
      return <Picker title={w("addWhat")} options={props.kinds} onClose={close} onPick={pick} />;
    }
    case "connect": {
      const options = nodeOptions(journey).filter((one) => one.key !== open.node && one.key !== TRIGGER);
      return <Picker title={w("connectTo")} options={options} onClose={close} onPick={(to) => props.onConnect(open.node, open.way, to)} />;
    }
    case "way": {
      const taken = (way: string) => (target(journey, open.node, way) ? { help: w("taken") } : {});
      const options = waysAt(journey, open.node).map((way) => ({ key: way.name, label: way.label, ...taken(way.name) }));
      return <Picker title={w("whichArrow")} options={options} onClose={close} onPick={(way) => props.onOpen({ what: open.then, node: open.node, way })} />;
    }
    case "find":
      return <Picker title={w("find")} options={nodeOptions(journey)} onClose={close} onPick={props.onFind} />;
  }
}
