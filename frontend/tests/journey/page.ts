/** The page that the editor stands on, as the server writes it: a small catalogue of every sort of parameter and arrow. */
import type { Kind, PageData, Param, Trigger } from "../../src/journey/types";

const param = (name: string, type: string, more: Partial<Param> = {}): Param => ({ name, type, label: name, required: false, default: null, ...more });
const kind = (type: string, label: string, outs: Kind["outs"], params: Param[] = [], group = "action", section = "lead"): Kind => {
  return { type, label, outs, params, group, section, help: `Help of ${label}`, icon: "bolt" };
};
const then = { name: "next", label: "", optional: false };
const trigger = (type: string, label: string, params: Param[] = []): Trigger => ({ type, label, params, section: "lead", help: "", icon: "bolt", awaited: true, events: [] });

const nodes: Kind[] = [
  kind("action.note", "Write a note", [then], [param("text", "text", { required: true, label: "Text" })]),
  kind("action.sms", "Send an SMS", [then, { name: "error", label: "not sent", optional: true }], [
    param("template", "template", { required: true, label: "Template", of: "sms" }),
    param("again", "bool", { default: false, label: "Again to the same" }),
  ], "action", "message"),
  kind("action.email", "Send an e-mail", [then], [param("template", "template", { required: true, of: "email" })], "action", "message"),
  kind("wait.for", "Wait for a time", [then], [param("time", "duration", { required: true, default: { n: 1, unit: "days" }, label: "Time" })], "wait", "wait"),
  kind("wait.event", "Wait for an event", [
    { name: "happened", label: "it happened", optional: false },
    { name: "timeout", label: "it did not", optional: false, shown_if: { param: "limited", values: [true] } },
  ], [
    param("event", "event", { required: true }),
    param("limited", "bool", { default: true }),
    param("time", "duration", { required: true, shown_if: { param: "limited", values: [true] } }),
  ], "wait", "wait"),
  kind("control.condition", "Condition", [{ name: "yes", label: "yes", optional: false }, { name: "no", label: "no", optional: false }], [param("condition", "condition", { required: true })], "control", "control"),
  kind("control.split", "Split", [{ name: "", label: "", optional: false, each: "paths" }, { name: "otherwise", label: "otherwise", optional: true }], [param("paths", "weights", { required: true })], "control", "control"),
  kind("control.end", "End", [], [], "control", "control"),
];

const data: PageData = {
  id: "journey-1",
  topic: "journey:1",
  state: "draft",
  revision: 1,
  document: { name: "", scope: { campaigns: [] }, trigger: { type: "lead.created", params: {} }, entry: null, settings: {}, nodes: [], start: null },
  catalogue: {
    triggers: [trigger("lead.created", "A lead is made"), trigger("message.opened", "A message is opened", [param("channel", "choice", { options: [{ value: "sms", label: "SMS" }] })])],
    nodes,
    sections: [{ name: "lead", label: "Lead" }, { name: "message", label: "Messages" }, { name: "wait", label: "Waits" }, { name: "control", label: "Control" }],
    settings: [],
    facts: [
      { path: "lead.status", label: "Status", kind: "status", group: "Lead", options: [{ value: "new", label: "Untouched" }, { value: "success", label: "Success" }] },
      { path: "lead.attempts", label: "Attempts", kind: "number", group: "Lead" },
      { path: "lead.campaign", label: "Campaign", kind: "campaign", group: "Lead" },
    ],
    operators: [
      { op: "eq", label: "is", value: "value", kinds: [] },
      { op: "in", label: "is one of", value: "values", kinds: [] },
      { op: "gte", label: "is at least", value: "value", kinds: [] },
      { op: "exists", label: "has a value", value: "bool", kinds: [] },
    ],
  },
  choices: { templates: [{ value: "t1", label: "Welcome", of: "sms" }, { value: "t2", label: "Letter", of: "email" }], campaigns: [{ value: "c1", label: "Spring" }] },
  icons: {},
  words: {
    and: "and", or: "or", notThat: "not ({what})", isEmpty: "{what} has no value", yes: "yes", no: "no", days: "{count} days", daysOne: "1 day",
    missing: "{field} is missing.", unreachableNode: "Nothing leads here.", noStart: "The trigger leads nowhere.",
    countWords: "{event} within {within} {op} {value}", copied: "{count} copied", copiedOne: "One copied", maxAttempts: "as many as the campaign has",
  },
  versions: [],
  addresses: { draft: "", check: "", publish: "", summary: "", simulate: "", stats: "", version: "", takeOver: "", leads: "" },
  may: { edit: true, publish: true },
};

// What the modules read of the document when they are loaded: their data and the language.
Object.assign(globalThis, {
  document: { documentElement: { lang: "en" }, getElementById: (id: string) => (id === "journey-data" ? { textContent: JSON.stringify(data) } : null) },
});
