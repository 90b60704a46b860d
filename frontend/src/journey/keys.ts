import { useEffect, useRef, type KeyboardEvent } from "react";

/** The editor's keys work wherever the focus is on the page, as long as nothing else has them. */
export function usePageKeys(onKeys: (event: KeyboardEvent) => void): void {
  const keys = useRef(onKeys);
  keys.current = onKeys;
  useEffect(() => {
    const listen = (event: globalThis.KeyboardEvent) => {
      if (event.target === document.body) keys.current(event as unknown as KeyboardEvent);
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
}
