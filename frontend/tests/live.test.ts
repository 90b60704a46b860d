import { afterAll, beforeAll, expect, test, vi } from "vitest";

/** A page of which only as much is there as the stream asks for. */
class Element extends EventTarget {
  dataset: Record<string, string> = { liveTopics: "notices:1", rendered: "1000" };
}
class Page extends EventTarget {
  hidden = true;
  body = new Element();
  querySelectorAll = () => [];
  getElementById = () => null;
  show(shown: boolean): void {
    this.hidden = !shown;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}
class Stream extends EventTarget {
  static readonly OPEN = 1;
  static readonly CLOSED = 2;
  static all: Stream[] = [];
  readyState = 0;
  constructor(readonly url: string) {
    super();
    Stream.all.push(this);
  }
  close(): void {
    this.readyState = Stream.CLOSED;
  }
}

const page = new Page();
const open = () => Stream.all.filter((one) => one.readyState !== Stream.CLOSED);

beforeAll(async () => {
  vi.useFakeTimers({ now: 1000 });
  vi.stubGlobal("document", page);
  vi.stubGlobal("window", Object.assign(new EventTarget(), { setTimeout: globalThis.setTimeout.bind(globalThis) }));
  vi.stubGlobal("EventSource", Stream);
  vi.doMock("../src/htmx", () => ({ onContent: (run: () => void) => run() }));
  (await import("../src/live")).startLive();
});

afterAll(() => {
  vi.doUnmock("../src/htmx");
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("a tab that was opened in the background holds no stream", () => {
  vi.advanceTimersByTime(200_000);
  expect(Stream.all).toHaveLength(0);
});

test("when it is shown it connects and asks what it missed since it was drawn", () => {
  page.show(true);
  expect(open()).toHaveLength(1);
  expect(open()[0]!.url).toContain("since=1000");
  open()[0]!.readyState = Stream.OPEN;
});

test("hidden again it lets go after a minute, and takes it up where it let go", () => {
  page.show(false);
  vi.advanceTimersByTime(59_000);
  expect(open()).toHaveLength(1);
  vi.advanceTimersByTime(2_000);
  expect(open()).toHaveLength(0);
  vi.advanceTimersByTime(100_000);
  page.show(true);
  expect(open()).toHaveLength(1);
  expect(open()[0]!.url).toContain("since=261000");
});

test("the console keeps its stream", () => {
  page.body.dataset.liveKeep = "";
  page.show(false);
  vi.advanceTimersByTime(200_000);
  expect(open()).toHaveLength(1);
});
