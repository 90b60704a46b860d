import { useId, useLayoutEffect, useRef, type ReactNode } from "react";

import { Icon } from "./Icon";
import { w } from "./page";

/** A native dialog: focus trap and Esc are its own, and focus goes back to where it was. */
export function Dialog(props: { title: string; large?: boolean; onClose: () => void; children: ReactNode }) {
  const box = useRef<HTMLDialogElement>(null);
  const title = useId();
  useLayoutEffect(() => {
    const back = document.activeElement;
    box.current?.showModal();
    // React sets no `autofocus` in the page, so that the dialog would begin at its close button.
    box.current?.querySelector<HTMLElement>("[data-first]")?.focus();
    return () => {
      if (back instanceof HTMLElement && back.isConnected) back.focus();
    };
  }, []);
  return (
    <dialog
      ref={box}
      className={`rr-dialog${props.large ? " rr-dialog-lg" : ""}`}
      aria-labelledby={title}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <div className="rr-dialog-head">
        <h2 id={title}>{props.title}</h2>
        <button type="button" className="btn btn-icon btn-ghost-secondary" aria-label={w("close")} onClick={props.onClose}>
          <Icon name="x" />
        </button>
      </div>
      <div className="rr-dialog-body">{props.children}</div>
    </dialog>
  );
}
