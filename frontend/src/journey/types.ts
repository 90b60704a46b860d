/** What the page brings and the server speaks: the journey's document, the catalogue of what may stand in it, figures. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Params = Record<string, Json>;

/** One place on the canvas. `next` names the node behind each way out; a way out that is not there ends the run. */
export type Place = {
  id: string;
  type: string;
  params: Params;
  next: Record<string, string>;
  title?: string;
  position?: Point;
};

export type Point = { x: number; y: number };

export type Journey = {
  name: string;
  description?: string;
  scope: { campaigns: string[] };
  trigger: { type: string; params: Params };
  entry: Json;
  settings: Record<string, Json>;
  nodes: Place[];
  start: string | null;
  [more: string]: Json | Place[] | undefined;
};

/** As the catalogue of the server describes it (`journeys/rules/catalogue`). `of` says more where a type needs it. */
export type Param = {
  name: string;
  type: string;
  label: string;
  help?: string;
  required?: boolean;
  default?: Json;
  options?: Option[];
  least?: number;
  most?: number;
  of?: string;
  shown_if?: ShownIf;
};

export type ShownIf = { param: string; values: Json[] };
export type Option = { value: Json; label: string };

/** One of a list that the server fills: campaigns, users, templates. `of` narrows it (a template's channel). */
export type Choice = { value: string; label: string; group?: string; of?: string };

/** An arrow out of a kind of node. `each` names the list parameter that gives an arrow an entry. */
export type Out = { name: string; label: string; optional: boolean; shown_if?: ShownIf; each?: string };

/** An arrow out of one node on the canvas. */
export type Way = { name: string; label: string; tone: Tone; optional: boolean };
export type Tone = "neutral" | "accent" | "info" | "success" | "warning" | "danger";

export type Kind = {
  type: string;
  group: string;
  section: string;
  label: string;
  help: string;
  icon: string;
  params: Param[];
  outs: Out[];
};

/** A fact that a condition may look at. */
export type Fact = { path: string; label: string; kind: string; options?: Option[]; group: string; changing?: boolean; settable?: boolean };

/** `value` is the type of what it compares with: value, values, duration, bool. */
export type Operator = { op: string; label: string; value: string; kinds: string[] };

export type Trigger = { type: string; section: string; label: string; help: string; icon: string; params: Param[]; awaited: boolean; events: string[] };

export type Catalogue = {
  triggers: Trigger[];
  nodes: Kind[];
  sections: { name: string; label: string }[];
  settings: Param[];
  facts: Fact[];
  operators: Operator[];
};

export type Fault = { node: string | null; param?: string | null; out?: string | null; code: string; detail: string; level: "error" | "warning" };

export type Figure = { entered: number; waiting: number; left: Record<string, number>; skipped: Record<string, number>; failed: Record<string, number> };
export type Figures = Record<string, Figure>;

export type Version = { number: number; at: string; by: string; runs: number; current: boolean };

export type Addresses = {
  draft: string;
  check: string;
  publish: string;
  summary: string;
  simulate: string;
  stats: string;
  version: string;
  takeOver: string;
  leads: string;
};

export type PageData = {
  id: string;
  topic: string;
  state: string;
  revision: number;
  document: Journey;
  catalogue: Catalogue;
  choices: Record<string, Choice[]>;
  icons: Record<string, string>;
  words: Record<string, string>;
  versions: Version[];
  addresses: Addresses;
  may: { edit: boolean; publish: boolean };
};
