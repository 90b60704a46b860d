import { page } from "./page";

/** An icon whose lines the server sent; decorative. */
export function Icon({ name }: { name: string }) {
  return (
    <svg
      className="icon"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      // Lines out of the build's own icons, nothing that anybody typed.
      dangerouslySetInnerHTML={{ __html: page.icons[name] ?? "" }}
    />
  );
}
